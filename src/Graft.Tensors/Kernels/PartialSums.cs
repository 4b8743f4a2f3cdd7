using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Adds partial results in their order.</summary>
internal static unsafe class PartialSums
{
    private const int Grain = 16 * 1024;

    /// <summary>to[i] = (to[i] where accumulating) + parts[0][i] + parts[1][i] + ..., the parts lying one behind the other.</summary>
    public static void Add<V>(float* parts, int count, nint size, float* to, bool accumulate)
        where V : struct, IVec<V>
    {
        var job = new Job<V> { Parts = parts, Count = count, Size = size, To = to, Accumulate = accumulate };
        Team.For((int)((size + Grain - 1) / Grain), ref job);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public float* Parts;
        public int Count;
        public nint Size;
        public float* To;
        public bool Accumulate;

        public readonly void Run(int index)
        {
            nint last = Math.Min(Size, (nint)(index + 1) * Grain);
            for (nint i = (nint)index * Grain; i < last; i += V.Width)
            {
                int lanes = (int)Math.Min(V.Width, last - i);
                V sum = Accumulate ? V.LoadFirst(To + i, lanes) : V.Zero;
                for (int p = 0; p < Count; p++)
                {
                    sum += V.LoadFirst(Parts + (p * Size) + i, lanes);
                }

                V.StoreFirst(sum, To + i, lanes);
            }
        }
    }
}
