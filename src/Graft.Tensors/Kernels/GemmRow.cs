using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>One row times a matrix that lies row by row: the matrix is read once, in the order in which it lies.</summary>
/// <remarks>Nothing of it is used twice, so reading it is all there is to do. Some rows at a time are multiplied into sums that stay in the first cache; tiles that keep theirs in registers
/// would jump to the next row, often on another page, after a few lines. An element is what <see cref="MicroKernel{V}"/> makes of it, bit for bit.</remarks>
internal static unsafe class GemmRow<V>
    where V : struct, IVec<V>
{
    // Columns at a time: their sums fill a quarter of the first cache.
    private const int Most = 2048;

    // Rows at a time.
    private const int Rows = 8;

    /// <summary>Whether a product is of this kind.</summary>
    public static bool Fits(in GemmProduct p) => p.M == 1 && p.K > 0 && p.N >= 4 * V.Width && !p.TransB && p.Activation != Activation.Gelu;

    /// <summary>Computes the product.</summary>
    /// <param name="p">The product.</param>
    /// <param name="depthBlock">Steps of k that are summed before they are added to C.</param>
    [SkipLocalsInit]
    public static void Run(in GemmProduct p, int depthBlock)
    {
        float* sums = stackalloc float[Most + 16];
        nint step = p.TransA ? p.StrideA : 1;
        for (int n0 = 0; n0 < p.N; n0 += Most)
        {
            int columns = Math.Min(Most, p.N - n0);
            for (int k0 = 0; k0 < p.K; k0 += depthBlock)
            {
                int depth = Math.Min(depthBlock, p.K - k0);
                bool last = k0 + depth == p.K;
                Begin(sums, columns, last && p.Bias != null ? p.Bias + n0 : null);
                float* a = p.A + (k0 * step), b = p.B + (k0 * p.StrideB) + n0;
                int k = 0;
                for (; k + Rows <= depth; k += Rows)
                {
                    Add<C8>(a + (k * step), step, b + (k * p.StrideB), p.StrideB, columns, sums);
                }

                for (; k < depth; k++)
                {
                    Add<C1>(a + (k * step), step, b + (k * p.StrideB), p.StrideB, columns, sums);
                }

                float* residual = last && p.Residual != null ? p.Residual + n0 : null;
                Finish(sums, columns, p.Accumulate || k0 > 0, residual, last ? p.Activation : Activation.None, p.C + n0);
            }
        }
    }

    private static void Begin(float* sums, int columns, float* bias)
    {
        for (int n = 0; n < columns; n += V.Width)
        {
            V.Store(bias == null ? V.Zero : V.Load(bias + n), sums + n);
        }
    }

    /// <summary>sums += a · b for one row of b, or eight; whole registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Add<R>(float* a, nint step, float* b, nint next, int columns, float* sums)
        where R : unmanaged, IConst
    {
        V x0 = V.All(a[0]), x1 = x0, x2 = x0, x3 = x0, x4 = x0, x5 = x0, x6 = x0, x7 = x0;
        float* b4 = b + (4 * next);
        nint next3 = 3 * next;
        if (sizeof(R) > 1)
        {
            x1 = V.All(a[step]);
            x2 = V.All(a[2 * step]);
            x3 = V.All(a[3 * step]);
            x4 = V.All(a[4 * step]);
            x5 = V.All(a[5 * step]);
            x6 = V.All(a[6 * step]);
            x7 = V.All(a[7 * step]);
        }

        for (int n = 0; n < columns; n += V.Width, b += V.Width, b4 += V.Width)
        {
            V sum = V.Fma(x0, b, V.Load(sums + n));
            if (sizeof(R) > 1)
            {
                sum = V.Fma(x1, b + next, sum);
                sum = V.Fma(x2, b + (2 * next), sum);
                sum = V.Fma(x3, b + next3, sum);
                sum = V.Fma(x4, b4, sum);
                sum = V.Fma(x5, b4 + next, sum);
                sum = V.Fma(x6, b4 + (2 * next), sum);
                sum = V.Fma(x7, b4 + next3, sum);

                // The same columns of the rows to come.
                Prefetch.Near(b + (8 * next));
                Prefetch.Near(b4 + (5 * next));
                Prefetch.Near(b + (8 * next) + (2 * next));
                Prefetch.Near(b4 + (4 * next) + next3);
                Prefetch.Near(b4 + (8 * next));
                Prefetch.Near(b4 + (8 * next) + next);
                Prefetch.Near(b4 + (8 * next) + (2 * next));
                Prefetch.Near(b4 + (8 * next) + next3);
            }

            V.Store(sum, sums + n);
        }
    }

    private static void Finish(float* sums, int columns, bool accumulate, float* residual, Activation activation, float* c)
    {
        V most = V.All(activation == Activation.Relu6 ? 6f : float.PositiveInfinity);
        for (int n = 0; n < columns; n += V.Width)
        {
            int lanes = Math.Min(V.Width, columns - n);
            V sum = V.Load(sums + n);
            sum = accumulate ? sum + V.LoadFirst(c + n, lanes) : sum;
            sum = residual != null ? sum + V.LoadFirst(residual + n, lanes) : sum;
            sum = activation != Activation.None ? V.AtMost(V.AtLeast(sum, V.Zero), most) : sum;
            V.StoreFirst(sum, c + n, lanes);
        }
    }
}
