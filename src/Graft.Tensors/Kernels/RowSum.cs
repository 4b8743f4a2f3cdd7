using System.Runtime.CompilerServices;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>A weighted sum of a few long rows, in one pass over them.</summary>
internal static unsafe class RowSum
{
    private const int Grain = 8192;

    /// <summary>to = Σ_k w_k row_k, or that added to it.</summary>
    /// <param name="rows">The first row.</param>
    /// <param name="distance">Floats from one row to the next.</param>
    /// <param name="weights">One for each row.</param>
    /// <param name="count">The rows.</param>
    /// <param name="to">Gets the sum.</param>
    /// <param name="length">Numbers in a row.</param>
    /// <param name="add">Whether it is added to.</param>
    public static void Run(float* rows, nint distance, double* weights, int count, float* to, int length, bool add)
    {
        using var singles = new Scratch(count);
        for (int k = 0; k < count; k++)
        {
            singles.Data[k] = (float)weights[k];
        }

        var job = new Job { Rows = rows, Distance = distance, Weights = singles.Data, Count = count, To = to, Length = length, Add = add };
        int tasks = (length + Grain - 1) / Grain;
        if ((long)length * count < 65536)
        {
            for (int i = 0; i < tasks; i++)
            {
                job.Run(i);
            }
        }
        else
        {
            Team.For(tasks, ref job);
        }
    }

    private struct Job : IJob
    {
        public float* Rows;
        public nint Distance;
        public float* Weights;
        public int Count;
        public float* To;
        public int Length;
        public bool Add;

        public readonly void Run(int index)
        {
            int from = index * Grain, n = Math.Min(Grain, Length - from);
            if (Width.Is512)
            {
                Loop<W512>(from, n);
            }
            else if (Width.Is256)
            {
                Loop<W256>(from, n);
            }
            else
            {
                Loop<W128>(from, n);
            }
        }

        // Four vectors of columns at a time, down all rows.
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Loop<V>(int from, int n)
            where V : struct, IVec<V>
        {
            float* to = To + from;
            int i = 0;
            for (; i <= n - (4 * V.Width); i += 4 * V.Width)
            {
                V a = V.Zero, b = V.Zero, c = V.Zero, d = V.Zero;
                if (Add)
                {
                    a = V.Load(to + i);
                    b = V.Load(to + i + V.Width);
                    c = V.Load(to + i + (2 * V.Width));
                    d = V.Load(to + i + (3 * V.Width));
                }

                float* row = Rows + from + i;
                for (int k = 0; k < Count; k++, row += Distance)
                {
                    V w = V.All(Weights[k]);
                    a = V.Fma(w, row, a);
                    b = V.Fma(w, row + V.Width, b);
                    c = V.Fma(w, row + (2 * V.Width), c);
                    d = V.Fma(w, row + (3 * V.Width), d);
                }

                V.Store(a, to + i);
                V.Store(b, to + i + V.Width);
                V.Store(c, to + i + (2 * V.Width));
                V.Store(d, to + i + (3 * V.Width));
            }

            for (; i < n; i += V.Width)
            {
                int rest = Math.Min(V.Width, n - i);
                V a = Add ? V.LoadFirst(to + i, rest) : V.Zero;
                float* row = Rows + from + i;
                for (int k = 0; k < Count; k++, row += Distance)
                {
                    a = V.Fma(V.All(Weights[k]), V.LoadFirst(row, rest), a);
                }

                V.StoreFirst(a, to + i, rest);
            }
        }
    }
}
