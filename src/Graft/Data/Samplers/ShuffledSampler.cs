using Graft.Tensors.Random;

namespace Graft.Data.Samplers;

/// <summary>Draws every row once an epoch, in a new random order each time.</summary>
[Named("shuffled")]
public sealed class ShuffledSampler : Sampler
{
    /// <inheritdoc/>
    public override IndexStream Over(SampledRows rows, ulong seed, string path) => new Stream(rows.Count, RandomStream.For(seed, path + "/shuffled"));

    /// <inheritdoc/>
    public override string ToString() => "ShuffledSampler";

    private sealed class Stream(int count, RandomStream random) : IndexStream(count)
    {
        private readonly ShuffledCycle _cycle = new([.. Enumerable.Range(0, count)], random);

        private protected override int At(long position) => _cycle[position];
    }
}
