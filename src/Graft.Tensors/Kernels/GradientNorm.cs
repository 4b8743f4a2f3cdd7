using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The sum of squares of a flat run of gradients, and their scaling: what clipping by the norm needs.</summary>
internal static unsafe class GradientNorm
{
    /// <summary>x *= factor.</summary>
    public static void Scale(Span<float> values, float factor)
    {
        fixed (float* x = values)
        {
            Update.Run(values.Length, new ScaleRule { X = x, Factor = factor });
        }
    }

    /// <summary>Sum of x² in double precision, the same bits for any number of threads: lanes, then pieces of fixed size in order.</summary>
    /// <remarks>A piece is summed in single precision; where squares are too large for it, all is summed again in double precision. Squares below 1e-38 count as less than they are, or not at all.</remarks>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        double sum = Width.Is512 ? SumOfSquares<W512>(values) : Width.Is256 ? SumOfSquares<W256>(values) : SumOfSquares<W128>(values);
        if (!double.IsInfinity(sum))
        {
            return sum;
        }

        sum = 0;
        foreach (float x in values)
        {
            sum += (double)x * x;
        }

        return sum;
    }

    internal static double SumOfSquares<V>(ReadOnlySpan<float> values)
        where V : struct, IVec<V>
    {
        int pieces = Update.Pieces(values.Length);
        var sums = (double*)Workspace.Get(Workspace.Slot.Partial, 2 * (nint)Math.Max(1, pieces));
        fixed (float* x = values)
        {
            var job = new SquareJob<V> { N = values.Length, X = x, Sums = sums };
            Team.For(pieces, ref job);
        }

        double total = 0;
        for (int i = 0; i < pieces; i++)
        {
            total += sums[i];
        }

        return total;
    }

    private struct SquareJob<V> : IJob
        where V : struct, IVec<V>
    {
        public nint N;
        public float* X;
        public double* Sums;

        public readonly void Run(int index)
        {
            nint i = (nint)index * Update.Grain, last = Math.Min(N, i + Update.Grain);
            V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
            for (; i + (4 * V.Width) <= last; i += 4 * V.Width)
            {
                float* p = X + i;
                V a = V.Load(p), b = V.Load(p + V.Width), c = V.Load(p + (2 * V.Width)), d = V.Load(p + (3 * V.Width));
                s0 = V.Fma(a, a, s0);
                s1 = V.Fma(b, b, s1);
                s2 = V.Fma(c, c, s2);
                s3 = V.Fma(d, d, s3);
            }

            for (; i < last; i += V.Width)
            {
                V a = V.LoadFirst(X + i, (int)Math.Min(V.Width, last - i));
                s0 = V.Fma(a, a, s0);
            }

            Sums[index] = V.Sum((s0 + s2) + (s1 + s3));
        }
    }

    private struct ScaleRule : IUpdateRule
    {
        public float* X;
        public float Factor;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Step<V, Partial>(nint i, int count)
            where V : struct, IVec<V>
            where Partial : IConst =>
            Lanes<V>.Store<Partial>(Lanes<V>.Load<Partial>(X + i, count) * V.All(Factor), X + i, count);
    }
}
