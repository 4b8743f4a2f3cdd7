using Graft.Tensors.Random;

namespace Graft.Data.Samplers;

/// <summary>Endless rounds over the same items, each round in its own random order; the round that is read is kept.</summary>
internal sealed class ShuffledCycle(int[] items, RandomStream random)
{
    private readonly int[] _order = new int[items.Length];
    private long _round = -1;

    public int this[long position]
    {
        get
        {
            long round = position / items.Length;
            if (round != _round)
            {
                items.CopyTo(_order, 0);
                RandomStream own = random.At((ulong)round);
                own.Shuffle(_order);
                _round = round;
            }

            return _order[position % items.Length];
        }
    }
}
