using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>A gradient times the slope of an activation, and the sums of its columns, in one pass.</summary>
/// <remarks>Rows are summed in a number of parts that the shape alone decides; the parts are added in order.</remarks>
internal static unsafe class SlopeSums
{
    private const int Grain = 32 * 1024;
    private const int MostParts = 32;

    /// <summary>d *= slope, and sums = the sums over all rows, or sums + those.</summary>
    /// <param name="rows">Rows, one behind the other.</param>
    /// <param name="n">Numbers in a row.</param>
    /// <param name="d">The gradient.</param>
    /// <param name="slope">Laid out like it.</param>
    /// <param name="sums">n numbers.</param>
    /// <param name="accumulate">Whether they are added to.</param>
    public static void Run(int rows, int n, float* d, float* slope, float* sums, bool accumulate)
    {
        if (Width.Is512)
        {
            Run<W512>(rows, n, d, slope, sums, accumulate);
        }
        else if (Width.Is256)
        {
            Run<W256>(rows, n, d, slope, sums, accumulate);
        }
        else
        {
            Run<W128>(rows, n, d, slope, sums, accumulate);
        }
    }

    internal static void Run<V>(int rows, int n, float* d, float* slope, float* sums, bool accumulate)
        where V : struct, IVec<V>
    {
        int parts = (int)Math.Clamp((long)rows * n / Grain, 1, Math.Min(MostParts, Math.Max(1, rows)));
        var job = new Job<V> { Rows = rows, N = n, D = d, Slope = slope, Parts = parts, Sums = Workspace.Get(Workspace.Slot.Partial, (nint)parts * n) };
        Team.For(parts, ref job);
        PartialSums.Add<V>(job.Sums, parts, n, sums, accumulate);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public int Rows;
        public int N;
        public float* D;
        public float* Slope;
        public int Parts;
        public float* Sums;

        public readonly void Run(int index)
        {
            float* sums = Sums + ((nint)index * N);
            new Span<float>(sums, N).Clear();
            int row = (int)((long)Rows * index / Parts), last = (int)((long)Rows * (index + 1) / Parts);
            for (; row + 4 <= last; row += 4)
            {
                Four(D + ((nint)row * N), Slope + ((nint)row * N), sums);
            }

            for (; row < last; row++)
            {
                float* d = D + ((nint)row * N), slope = Slope + ((nint)row * N);
                for (int j = 0; j < N; j += V.Width)
                {
                    int lanes = Math.Min(V.Width, N - j);
                    V.StoreFirst(V.LoadFirst(sums + j, lanes) + Times(d + j, slope + j, lanes), sums + j, lanes);
                }
            }
        }

        // Four rows, so that a sum is read and written once for all of them.
        private readonly void Four(float* d, float* slope, float* sums)
        {
            nint n = N;
            int j = 0;
            for (; j + V.Width <= N; j += V.Width)
            {
                V first = Times(d + j, slope + j) + Times(d + n + j, slope + n + j);
                V second = Times(d + (2 * n) + j, slope + (2 * n) + j) + Times(d + (3 * n) + j, slope + (3 * n) + j);
                V.Store(V.Load(sums + j) + (first + second), sums + j);
            }

            if (j < N)
            {
                int lanes = N - j;
                V first = Times(d + j, slope + j, lanes) + Times(d + n + j, slope + n + j, lanes);
                V second = Times(d + (2 * n) + j, slope + (2 * n) + j, lanes) + Times(d + (3 * n) + j, slope + (3 * n) + j, lanes);
                V.StoreFirst(V.LoadFirst(sums + j, lanes) + (first + second), sums + j, lanes);
            }
        }

        private static V Times(float* d, float* slope)
        {
            V v = V.Load(d) * V.Load(slope);
            V.Store(v, d);
            return v;
        }

        private static V Times(float* d, float* slope, int lanes)
        {
            V v = V.LoadFirst(d, lanes) * V.LoadFirst(slope, lanes);
            V.StoreFirst(v, d, lanes);
            return v;
        }
    }
}
