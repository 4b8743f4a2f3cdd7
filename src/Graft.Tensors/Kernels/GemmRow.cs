using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>One row times a matrix that lies row by row: the matrix is read once, in runs as long as registers allow.</summary>
/// <remarks>Nothing of it is used twice, so reading it is all there is to do: up to eight registers of columns at a time, the same columns of rows to come asked for ahead. Tiles of two registers
/// would jump to the next row after every two lines. An element is what <see cref="MicroKernel{V}"/> makes of it, bit for bit.</remarks>
internal static unsafe class GemmRow<V>
    where V : struct, IVec<V>
{
    // Rows of the matrix between what is read and what is asked for.
    private const int RowsAhead = 12;

    /// <summary>Whether a product is of this kind.</summary>
    public static bool Fits(in GemmProduct p) => p.M == 1 && p.K > 0 && p.N >= 4 * V.Width && !p.TransB && p.Activation != Activation.Gelu;

    /// <summary>Computes all columns that fill registers.</summary>
    /// <param name="p">The product.</param>
    /// <param name="depthBlock">Steps of k that are summed before they are added to C.</param>
    /// <returns>How many columns those are.</returns>
    public static int Run(in GemmProduct p, int depthBlock)
    {
        int n = 0;
        for (; n + (8 * V.Width) <= p.N; n += 8 * V.Width)
        {
            Columns<C8>(p, n, depthBlock);
        }

        if (n + (4 * V.Width) <= p.N)
        {
            Columns<C4>(p, n, depthBlock);
            n += 4 * V.Width;
        }

        if (n + (2 * V.Width) <= p.N)
        {
            Columns<C2>(p, n, depthBlock);
            n += 2 * V.Width;
        }

        if (n + V.Width <= p.N)
        {
            Columns<C1>(p, n, depthBlock);
            n += V.Width;
        }

        return n;
    }

    private static void Columns<R>(in GemmProduct p, int n, int depthBlock)
        where R : unmanaged, IConst
    {
        for (int k0 = 0; k0 < p.K; k0 += depthBlock)
        {
            int depth = Math.Min(depthBlock, p.K - k0);
            bool last = k0 + depth == p.K;
            float* residual = last && p.Residual != null ? p.Residual + n : null;
            Block<R>(
                p.A + (k0 * (p.TransA ? p.StrideA : 1)), p.TransA ? p.StrideA : 1, p.B + (k0 * p.StrideB) + n, p.StrideB, depth,
                last && p.Bias != null ? p.Bias + n : null, p.Accumulate || k0 > 0, residual, last ? p.Activation : Activation.None, p.C + n);
        }
    }

    /// <summary>Bias, then the sum over k, then what was in C, then the residual.</summary>
    /// <typeparam name="R">Registers: 8, 4, 2 or 1.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block<R>(
        float* a, nint strideA, float* b, nint strideB, int depth, float* bias, bool accumulate, float* residual, Activation activation, float* c)
        where R : unmanaged, IConst
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero, s4 = V.Zero, s5 = V.Zero, s6 = V.Zero, s7 = V.Zero;
        if (bias != null)
        {
            s0 = V.Load(bias);
            if (sizeof(R) > 1) s1 = V.Load(bias + V.Width);
            if (sizeof(R) > 2) s2 = V.Load(bias + (2 * V.Width));
            if (sizeof(R) > 2) s3 = V.Load(bias + (3 * V.Width));
            if (sizeof(R) > 4) s4 = V.Load(bias + (4 * V.Width));
            if (sizeof(R) > 4) s5 = V.Load(bias + (5 * V.Width));
            if (sizeof(R) > 4) s6 = V.Load(bias + (6 * V.Width));
            if (sizeof(R) > 4) s7 = V.Load(bias + (7 * V.Width));
        }

        nint ahead = RowsAhead * strideB;
        for (int k = 0; k < depth; k++, a += strideA, b += strideB)
        {
            V x = V.All(*a);
            s0 = V.Fma(x, b, s0);
            if (sizeof(R) > 1) s1 = V.Fma(x, b + V.Width, s1);
            if (sizeof(R) > 2) s2 = V.Fma(x, b + (2 * V.Width), s2);
            if (sizeof(R) > 2) s3 = V.Fma(x, b + (3 * V.Width), s3);
            if (sizeof(R) > 4) s4 = V.Fma(x, b + (4 * V.Width), s4);
            if (sizeof(R) > 4) s5 = V.Fma(x, b + (5 * V.Width), s5);
            if (sizeof(R) > 4) s6 = V.Fma(x, b + (6 * V.Width), s6);
            if (sizeof(R) > 4) s7 = V.Fma(x, b + (7 * V.Width), s7);
            for (int i = 0; i < sizeof(R) * V.Width; i += 16)
            {
                Prefetch.Near(b + ahead + i);
            }
        }

        Finish(s0, c, accumulate, residual, activation, 0);
        if (sizeof(R) > 1) Finish(s1, c, accumulate, residual, activation, V.Width);
        if (sizeof(R) > 2) Finish(s2, c, accumulate, residual, activation, 2 * V.Width);
        if (sizeof(R) > 2) Finish(s3, c, accumulate, residual, activation, 3 * V.Width);
        if (sizeof(R) > 4) Finish(s4, c, accumulate, residual, activation, 4 * V.Width);
        if (sizeof(R) > 4) Finish(s5, c, accumulate, residual, activation, 5 * V.Width);
        if (sizeof(R) > 4) Finish(s6, c, accumulate, residual, activation, 6 * V.Width);
        if (sizeof(R) > 4) Finish(s7, c, accumulate, residual, activation, 7 * V.Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(V sum, float* c, bool accumulate, float* residual, Activation activation, int n)
    {
        sum = accumulate ? sum + V.Load(c + n) : sum;
        sum = residual != null ? sum + V.Load(residual + n) : sum;
        if (activation != Activation.None)
        {
            sum = V.AtMost(V.AtLeast(sum, V.Zero), V.All(activation == Activation.Relu6 ? 6f : float.PositiveInfinity));
        }

        V.Store(sum, c + n);
    }
}
