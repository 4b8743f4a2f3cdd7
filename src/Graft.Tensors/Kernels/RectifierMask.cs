using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Clears a gradient, in place, where the output of a ReLU or ReLU6 was clipped.</summary>
internal static unsafe class RectifierMask
{
    private const int Grain = 32 * 1024;

    /// <param name="activation">Which.</param>
    /// <param name="dy">Gradient.</param>
    /// <param name="y">Output, laid out like dy.</param>
    /// <param name="count">Numbers.</param>
    public static void Apply(Activation activation, float* dy, float* y, nint count)
    {
        var job = new Job { Most = NormGate.MostOf(activation), Dy = dy, Y = y, Count = count };
        Team.For((int)((count + Grain - 1) / Grain), ref job);
    }

    /// <summary>Any width.</summary>
    internal static void Apply<V>(float most, float* dy, float* y, int count)
        where V : struct, IVec<V>
    {
        V bound = V.All(most);
        int i = 0;
        for (; i <= count - V.Width; i += V.Width)
        {
            V z = V.Load(y + i);
            V.Store(V.And(V.And(V.Greater(z, V.Zero), V.Greater(bound, z)), V.Load(dy + i)), dy + i);
        }

        if (i < count)
        {
            V z = V.LoadFirst(y + i, count - i);
            V.StoreFirst(V.And(V.And(V.Greater(z, V.Zero), V.Greater(bound, z)), V.LoadFirst(dy + i, count - i)), dy + i, count - i);
        }
    }

    private struct Job : IJob
    {
        public float Most;
        public float* Dy;
        public float* Y;
        public nint Count;

        public readonly void Run(int index)
        {
            nint from = (nint)index * Grain;
            int count = (int)Math.Min(Grain, Count - from);
            if (Width.Is512)
            {
                Apply<W512>(Most, Dy + from, Y + from, count);
            }
            else if (Width.Is256)
            {
                Apply<W256>(Most, Dy + from, Y + from, count);
            }
            else
            {
                Apply<W128>(Most, Dy + from, Y + from, count);
            }
        }
    }
}
