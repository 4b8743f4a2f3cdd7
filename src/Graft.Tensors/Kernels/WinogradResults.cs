using System.Runtime.CompilerServices;
using static Graft.Tensors.Kernels.WinogradPoints;

namespace Graft.Tensors.Kernels;

/// <summary>The last step of Winograd's filtering forward: a tile of results from the products at its points, finished and stored where the picture has them.</summary>
internal static unsafe class WinogradResults<V>
    where V : struct, IVec<V>
{
    /// <summary>Aᵀ M A of a tile of the result, for a panel of channels, and what becomes of it.</summary>
    /// <remarks>An element is the transform, then the bias, then the residual, then the activation.</remarks>
    public static void Run(WinogradResult* r)
    {
        for (int n = 0; n < r->Channels; n += V.Width)
        {
            if (n + V.Width <= r->Channels)
            {
                TwoRows<No, No>(r, n);
                TwoRows<Yes, No>(r, n);
            }
            else
            {
                TwoRows<No, Yes>(r, n);
                TwoRows<Yes, Yes>(r, n);
            }
        }
    }

    /// <summary>Rows 0 and 2 of a tile of results, which need the sums over pairs of points, or 1 and 3, which need the differences.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void TwoRows<Odd, Partial>(WinogradResult* r, int n)
        where Odd : IConst
        where Partial : IConst
    {
        int row = Odd.Value;
        if (row >= r->Rows)
        {
            return;
        }

        float* m = r->From + n;
        nint next = r->Next;
        Down<Odd>(m, next, out V p0, out V q0);
        Down<Odd>(m + next, next, out V p1, out V q1);
        Down<Odd>(m + (2 * next), next, out V p2, out V q2);
        Down<Odd>(m + (3 * next), next, out V p3, out V q3);
        Down<Odd>(m + (4 * next), next, out V p4, out V q4);
        Down<Odd>(m + (5 * next), next, out V p5, out V q5);
        Four<Partial>(p0, p1, p2, p3, p4, p5, r, row, n);
        if (row + 2 < r->Rows)
        {
            Four<Partial>(q0, q1, q2, q3, q4, q5, r, row + 2, n);
        }
    }

    /// <summary>A column of Aᵀ M: its elements 0 and 2, or 1 and 3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Down<Odd>(float* m, nint next, out V first, out V second)
        where Odd : IConst
    {
        V a = V.Load(m + (6 * next)), b = V.Load(m + (12 * next)), c = V.Load(m + (18 * next)), d = V.Load(m + (24 * next));
        if (Odd.Value == 0)
        {
            V ab = a + b, cd = c + d;
            first = V.Fma(V.All(R), V.Load(m), V.Fma(V.All(S), ab, V.All(T) * cd));
            second = V.Fma(V.All(S * P2), ab, V.All(T * Q2) * cd);
        }
        else
        {
            V ab = a - b, cd = c - d;
            first = V.Fma(V.All(S * P), ab, V.All(T * Q) * cd);
            second = V.Fma(V.All(S * P3), ab, V.Fma(V.All(T * Q3), cd, V.Load(m + (30 * next))));
        }
    }

    /// <summary>Four results side by side, finished and stored where the picture has them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<Partial>(V a, V b, V c, V d, V e, V f, WinogradResult* r, int row, int n)
        where Partial : IConst
    {
        V even = b + c, odd = b - c, even2 = d + e, odd2 = d - e;
        nint at = (row * r->Row) + n;
        Finish<Partial>(V.Fma(V.All(R), a, V.Fma(V.All(S), even, V.All(T) * even2)), r, at, n);
        if (r->Columns > 1)
        {
            Finish<Partial>(V.Fma(V.All(S * P), odd, V.All(T * Q) * odd2), r, at + r->Pixel, n);
        }

        if (r->Columns > 2)
        {
            Finish<Partial>(V.Fma(V.All(S * P2), even, V.All(T * Q2) * even2), r, at + (2 * r->Pixel), n);
        }

        if (r->Columns > 3)
        {
            Finish<Partial>(V.Fma(V.All(S * P3), odd, V.Fma(V.All(T * Q3), odd2, f)), r, at + (3 * r->Pixel), n);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish<Partial>(V v, WinogradResult* r, nint at, int n)
        where Partial : IConst
    {
        int lanes = r->Channels - n;
        if (r->Bias != null)
        {
            v += V.Load(r->Bias + n);
        }

        if (r->Residual != null)
        {
            v += Lanes<V>.Load<Partial>(r->Residual + at, lanes);
        }

        if (r->Activation != Activation.None)
        {
            v = V.AtMost(V.AtLeast(v, V.Zero), V.All(r->Activation == Activation.Relu6 ? 6f : float.PositiveInfinity));
        }

        Lanes<V>.Store<Partial>(v, r->To + at, lanes);
        Prefetch.Near(r->Ahead + at);
    }
}

/// <summary>One call of <see cref="WinogradResults{V}.Run"/>: where the products lie and what becomes of the tile.</summary>
internal unsafe struct WinogradResult
{
    /// <summary>Products of the first point; whole registers are read.</summary>
    public float* From;

    /// <summary>Floats from a point to the next.</summary>
    public nint Next;

    /// <summary>Added to every place, or null; read in whole registers.</summary>
    public float* Bias;

    /// <summary>Laid out like <see cref="To"/>, or null; may be the same memory.</summary>
    public float* Residual;

    /// <summary>The tile's first place.</summary>
    public float* To;

    /// <summary>The first place of the tile to come, which is asked for.</summary>
    public float* Ahead;

    /// <summary>Floats from a row of places to the next.</summary>
    public nint Row;

    /// <summary>Floats from a place to its neighbor.</summary>
    public nint Pixel;

    /// <summary>Rows of the tile that lie in the picture: 1 to 4.</summary>
    public int Rows;

    /// <summary>Columns of the tile that lie in the picture: 1 to 4.</summary>
    public int Columns;

    /// <summary>Channels: one or two registers, the last of which may end at any lane.</summary>
    public int Channels;

    public Activation Activation;
}
