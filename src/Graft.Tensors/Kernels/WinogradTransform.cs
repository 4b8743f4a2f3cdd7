using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>The small matrices of Winograd's minimal filtering F(4 x 4, 3 x 3): sixteen results of a 3 x 3 kernel by 36 multiplications instead of 144.</summary>
/// <remarks>
/// <para>A row of four results y of three weights g over six numbers d is a product of two polynomials, seen from the other side. Polynomials
/// of degree five are fixed by six points, and at each point a product is one multiplication: y = Aᵀ((G g) ∘ (Bᵀ d)).
/// With the points 0, p, -p, q, -q and infinity,</para>
/// <code>
///      | p²q²   0    -(p²+q²)   0     1  0 |        | 1/(p²q²)    0       0    |        | 1   1    1    1    1   0 |
///      |  0   -pq²     -q²      p     1  0 |        |    s       s p     s p²  |   Aᵀ = | 0   p   -p    q   -q   0 |
/// Bᵀ = |  0    pq²     -q²     -p     1  0 |    G = |    s      -s p     s p²  |        | 0   p²   p²   q²   q²  0 |
///      |  0   -qp²     -p²      q     1  0 |        |    t       t q     t q²  |        | 0   p³  -p³   q³  -q³  1 |
///      |  0    qp²     -p²     -q     1  0 |        |    t      -t q     t q²  |
///      |  0   p²q²      0   -(p²+q²)  0  1 |        |    0        0       1    |   s = 1 / 2p²(p²-q²), t = 1 / 2q²(q²-p²)
/// </code>
/// <para>In two dimensions each is applied to the columns and then to the rows: Y = Aᵀ((G g Gᵀ) ∘ (Bᵀ d B)) A. The sum over
/// channels moves inside, so each of the 36 points is a matrix product of its own. The same matrices turned round give the gradient of
/// the weights: dg = Gᵀ((A dY Aᵀ) ∘ (Bᵀ d B)) G.</para>
/// <para>The points decide how much rounding errors grow. With the usual 1 and 2 the largest error over 512 channels is four times that
/// of plain sums; with 3/4 and 3/2 it is the same, and every number in Bᵀ and Aᵀ is still exact.</para>
/// <para>Channels lie in the lanes, so a transform is the same few operations on whole registers. Pairs of rows p, -p share their even
/// and odd parts; they are worked off pair by pair, so that twelve registers hold what lies between columns and rows.</para>
/// </remarks>
internal static unsafe class WinogradTransform<V>
    where V : struct, IVec<V>
{
    // Rows of kernels that are asked for before their turn.
    private const int RowsAhead = 6;

    private const float P = 0.75f;
    private const float Q = 1.5f;
    private const float P2 = P * P;
    private const float Q2 = Q * Q;
    private const float P3 = P * P2;
    private const float Q3 = Q * Q2;
    private const float Product = P2 * Q2;
    private const float Sum = P2 + Q2;
    private const float R = (float)(1 / 1.265625);
    private const float S = (float)(1 / (2 * 0.5625 * (0.5625 - 2.25)));
    private const float T = (float)(1 / (2 * 2.25 * (2.25 - 0.5625)));

    /// <summary>Bᵀ d B of a tile of the image, for all channels.</summary>
    /// <param name="at">Where the 36 pixels lie, row by row; outside the image, a row of zeros.</param>
    /// <param name="ahead">The same of the tile to come, which is asked for: the hardware does not see where it lies.</param>
    /// <param name="channels">Channels; whole registers are read and written.</param>
    /// <param name="to">Where the first point goes.</param>
    /// <param name="next">Floats from a point to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Image(float** at, float** ahead, int channels, float* to, nint next)
    {
        for (int c = 0; c < channels; c += V.Width, to += V.Width)
        {
            if (Sse.IsSupported)
            {
                // The first two columns are the last two of this tile, most often.
                for (int i = 0; i < Winograd.Points; i += Winograd.Side)
                {
                    Prefetch.Near(ahead[i + 2] + c);
                    Prefetch.Near(ahead[i + 3] + c);
                    Prefetch.Near(ahead[i + 4] + c);
                    Prefetch.Near(ahead[i + 5] + c);
                }
            }

            for (int i = 0; i < 2; i++)
            {
                // Rows 0 and infinity: every other pixel, from the first on or from the second on.
                float** d = at + (6 * i);
                Six(
                    Outer(V.Load(d[0] + c), V.Load(d[12] + c), V.Load(d[24] + c)),
                    Outer(V.Load(d[1] + c), V.Load(d[13] + c), V.Load(d[25] + c)),
                    Outer(V.Load(d[2] + c), V.Load(d[14] + c), V.Load(d[26] + c)),
                    Outer(V.Load(d[3] + c), V.Load(d[15] + c), V.Load(d[27] + c)),
                    Outer(V.Load(d[4] + c), V.Load(d[16] + c), V.Load(d[28] + c)),
                    Outer(V.Load(d[5] + c), V.Load(d[17] + c), V.Load(d[29] + c)),
                    to + (30 * i * next),
                    next);

                // Rows p and -p, then q and -q: even part plus and minus the odd part.
                V point = V.All(i == 0 ? P : Q), other = V.All(i == 0 ? -Q2 : -P2);
                V e0 = V.Fma(other, V.Load(at[12] + c), V.Load(at[24] + c)), o0 = V.Fma(other, V.Load(at[6] + c), V.Load(at[18] + c));
                V e1 = V.Fma(other, V.Load(at[13] + c), V.Load(at[25] + c)), o1 = V.Fma(other, V.Load(at[7] + c), V.Load(at[19] + c));
                V e2 = V.Fma(other, V.Load(at[14] + c), V.Load(at[26] + c)), o2 = V.Fma(other, V.Load(at[8] + c), V.Load(at[20] + c));
                V e3 = V.Fma(other, V.Load(at[15] + c), V.Load(at[27] + c)), o3 = V.Fma(other, V.Load(at[9] + c), V.Load(at[21] + c));
                V e4 = V.Fma(other, V.Load(at[16] + c), V.Load(at[28] + c)), o4 = V.Fma(other, V.Load(at[10] + c), V.Load(at[22] + c));
                V e5 = V.Fma(other, V.Load(at[17] + c), V.Load(at[29] + c)), o5 = V.Fma(other, V.Load(at[11] + c), V.Load(at[23] + c));
                float* pair = to + ((6 + (12 * i)) * next);
                for (int sign = 0; sign < 2; sign++, pair += 6 * next)
                {
                    Six(
                        V.Fma(point, o0, e0), V.Fma(point, o1, e1), V.Fma(point, o2, e2),
                        V.Fma(point, o3, e3), V.Fma(point, o4, e4), V.Fma(point, o5, e5),
                        pair,
                        next);
                    point = -point;
                }
            }
        }
    }

    /// <summary>G g Gᵀ of kernels, for a panel of target channels.</summary>
    /// <param name="from">Nine matrices [depth, columns].</param>
    /// <param name="matrix">Floats from a matrix to the next; negative where the kernel is turned by 180 degrees.</param>
    /// <param name="row">Floats from a row of a matrix to the next.</param>
    /// <param name="depth">Source channels.</param>
    /// <param name="panel">Columns: whole registers.</param>
    /// <param name="to">Matrices [depth, panel].</param>
    /// <param name="next">Floats from a point to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights(float* from, nint matrix, nint row, int depth, int panel, float* to, nint next)
    {
        for (int k = 0; k < depth; k++, from += row, to += panel)
        {
            if (Sse.IsSupported)
            {
                // Rows lie far apart: the hardware does not see what comes next.
                for (int i = 0; i < Winograd.Taps; i++)
                {
                    float* ahead = from + (i * matrix) + (RowsAhead * row);
                    Prefetch.Near(ahead);
                    Prefetch.Near(ahead + panel - 1);
                }
            }

            for (int n = 0; n < panel; n += V.Width)
            {
                float* g = from + n, o = to + n;
                V g0 = V.Load(g), g1 = V.Load(g + matrix), g2 = V.Load(g + (2 * matrix));
                V l0 = V.Load(g + (6 * matrix)), l1 = V.Load(g + (7 * matrix)), l2 = V.Load(g + (8 * matrix));
                V r = V.All(R);
                Kernel(r * g0, r * g1, r * g2, o, next);
                Kernel(l0, l1, l2, o + (30 * next), next);
                V m0 = V.Load(g + (3 * matrix)), m1 = V.Load(g + (4 * matrix)), m2 = V.Load(g + (5 * matrix));
                for (int i = 0; i < 2; i++)
                {
                    V scale = V.All(i == 0 ? S : T), odd = V.All(i == 0 ? S * P : T * Q), even = V.All(i == 0 ? S * P2 : T * Q2);
                    V e0 = V.Fma(scale, g0, even * l0), e1 = V.Fma(scale, g1, even * l1), e2 = V.Fma(scale, g2, even * l2);
                    float* pair = o + ((6 + (12 * i)) * next);
                    Kernel(V.Fma(odd, m0, e0), V.Fma(odd, m1, e1), V.Fma(odd, m2, e2), pair, next);
                    odd = -odd;
                    Kernel(V.Fma(odd, m0, e0), V.Fma(odd, m1, e1), V.Fma(odd, m2, e2), pair + (6 * next), next);
                }
            }
        }
    }

    /// <summary>Aᵀ M A of a tile of the result, for a panel of channels, and what becomes of it.</summary>
    /// <remarks>An element is the transform, then the bias, then the residual, then the activation.</remarks>
    public static void Result(WinogradResult* r)
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

    /// <summary>A dY Aᵀ of a tile of the result's gradient, for a panel of channels.</summary>
    /// <param name="at">Where the 16 places lie, row by row; outside the picture, a row of zeros.</param>
    /// <param name="ahead">The same of the tile to come, which is asked for.</param>
    /// <param name="first">The first channel.</param>
    /// <param name="panel">Channels: whole registers.</param>
    /// <param name="to">Where the first point goes.</param>
    /// <param name="next">Floats from a point to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Gradient(float** at, float** ahead, int first, int panel, float* to, nint next)
    {
        for (int c = first; c < first + panel; c += V.Width, to += V.Width)
        {
            if (Sse.IsSupported)
            {
                for (int i = 0; i < Winograd.Tile * Winograd.Tile; i++)
                {
                    Prefetch.Near(ahead[i] + c);
                }
            }

            for (int i = 0; i < 2; i++)
            {
                // Rows 0 and infinity: the first and the last of the tile.
                float** d = at + (12 * i);
                Spread(V.Load(d[0] + c), V.Load(d[1] + c), V.Load(d[2] + c), V.Load(d[3] + c), to + (30 * i * next), next);

                // Rows p and -p, then q and -q: even part plus and minus the odd part.
                V point = V.All(i == 0 ? P : Q), square = V.All(i == 0 ? P2 : Q2);
                V e0 = V.Fma(square, V.Load(at[8] + c), V.Load(at[0] + c)), o0 = V.Fma(square, V.Load(at[12] + c), V.Load(at[4] + c));
                V e1 = V.Fma(square, V.Load(at[9] + c), V.Load(at[1] + c)), o1 = V.Fma(square, V.Load(at[13] + c), V.Load(at[5] + c));
                V e2 = V.Fma(square, V.Load(at[10] + c), V.Load(at[2] + c)), o2 = V.Fma(square, V.Load(at[14] + c), V.Load(at[6] + c));
                V e3 = V.Fma(square, V.Load(at[11] + c), V.Load(at[3] + c)), o3 = V.Fma(square, V.Load(at[15] + c), V.Load(at[7] + c));
                float* pair = to + ((6 + (12 * i)) * next);
                for (int sign = 0; sign < 2; sign++, pair += 6 * next)
                {
                    Spread(V.Fma(point, o0, e0), V.Fma(point, o1, e1), V.Fma(point, o2, e2), V.Fma(point, o3, e3), pair, next);
                    point = -point;
                }
            }
        }
    }

    /// <summary>Gᵀ S G: the gradient of kernels from the sums of the products at each point.</summary>
    /// <param name="from">Matrices [depth, panel].</param>
    /// <param name="next">Floats from a point to the next.</param>
    /// <param name="depth">Image channels.</param>
    /// <param name="columns">Result channels: one or two registers, the last of which may end at any lane.</param>
    /// <param name="panel">The same in whole registers.</param>
    /// <param name="to">Nine matrices [depth, columns].</param>
    /// <param name="matrix">Floats from a matrix to the next.</param>
    /// <param name="row">Floats from a row of a matrix to the next.</param>
    /// <param name="accumulate">Whether they are added to, or overwritten.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void WeightGradient(
        float* from, nint next, int depth, int columns, int panel, float* to, nint matrix, nint row, bool accumulate)
    {
        float* rows = stackalloc float[3 * Winograd.Side * V.Width];
        for (int k = 0; k < depth; k++, from += panel, to += row)
        {
            for (int n = 0; n < columns; n += V.Width)
            {
                for (int j = 0; j < Winograd.Side; j++)
                {
                    float* s = from + n + (j * next), o = rows + (j * V.Width);
                    Three(
                        V.Load(s), V.Load(s + (6 * next)), V.Load(s + (12 * next)), V.Load(s + (18 * next)), V.Load(s + (24 * next)), V.Load(s + (30 * next)),
                        out V a, out V b, out V c);
                    V.Store(a, o);
                    V.Store(b, o + (Winograd.Side * V.Width));
                    V.Store(c, o + (2 * Winograd.Side * V.Width));
                }

                int lanes = Math.Min(V.Width, columns - n);
                for (int i = 0; i < 3; i++)
                {
                    float* s = rows + (i * Winograd.Side * V.Width), o = to + n + (3 * i * matrix);
                    Three(
                        V.Load(s), V.Load(s + V.Width), V.Load(s + (2 * V.Width)), V.Load(s + (3 * V.Width)), V.Load(s + (4 * V.Width)), V.Load(s + (5 * V.Width)),
                        out V a, out V b, out V c);
                    if (accumulate)
                    {
                        a += V.LoadFirst(o, lanes);
                        b += V.LoadFirst(o + matrix, lanes);
                        c += V.LoadFirst(o + (2 * matrix), lanes);
                    }

                    V.StoreFirst(a, o, lanes);
                    V.StoreFirst(b, o + matrix, lanes);
                    V.StoreFirst(c, o + (2 * matrix), lanes);
                }
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
            first = V.Load(m) + (ab + cd);
            second = V.Fma(V.All(P2), ab, V.All(Q2) * cd);
        }
        else
        {
            V ab = a - b, cd = c - d;
            first = V.Fma(V.All(P), ab, V.All(Q) * cd);
            second = V.Fma(V.All(P3), ab, V.Fma(V.All(Q3), cd, V.Load(m + (30 * next))));
        }
    }

    /// <summary>Four results side by side, finished and stored where the picture has them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Four<Partial>(V a, V b, V c, V d, V e, V f, WinogradResult* r, int row, int n)
        where Partial : IConst
    {
        V even = b + c, odd = b - c, even2 = d + e, odd2 = d - e;
        nint at = (row * r->Row) + n;
        Finish<Partial>(a + (even + even2), r, at, n);
        if (r->Columns > 1)
        {
            Finish<Partial>(V.Fma(V.All(P), odd, V.All(Q) * odd2), r, at + r->Pixel, n);
        }

        if (r->Columns > 2)
        {
            Finish<Partial>(V.Fma(V.All(P2), even, V.All(Q2) * even2), r, at + (2 * r->Pixel), n);
        }

        if (r->Columns > 3)
        {
            Finish<Partial>(V.Fma(V.All(P3), odd, V.Fma(V.All(Q3), odd2, f)), r, at + (3 * r->Pixel), n);
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

    /// <summary>The first and last rows of Bᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Outer(V a, V b, V c) => V.Fma(V.All(Product), a, V.Fma(V.All(-Sum), b, c));

    /// <summary>Bᵀ applied to a row, and stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Six(V a, V b, V c, V d, V e, V f, float* to, nint next)
    {
        V.Store(Outer(a, c, e), to);
        V.Store(Outer(b, d, f), to + (5 * next));
        V even = V.Fma(V.All(-Q2), c, e), odd = V.Fma(V.All(-Q2), b, d);
        V.Store(V.Fma(V.All(P), odd, even), to + next);
        V.Store(V.Fma(V.All(-P), odd, even), to + (2 * next));
        even = V.Fma(V.All(-P2), c, e);
        odd = V.Fma(V.All(-P2), b, d);
        V.Store(V.Fma(V.All(Q), odd, even), to + (3 * next));
        V.Store(V.Fma(V.All(-Q), odd, even), to + (4 * next));
    }

    /// <summary>G applied to a row of three weights, and stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Kernel(V a, V b, V c, float* to, nint next)
    {
        V.Store(V.All(R) * a, to);
        V even = V.Fma(V.All(S), a, V.All(S * P2) * c), odd = V.All(S * P) * b;
        V.Store(even + odd, to + next);
        V.Store(even - odd, to + (2 * next));
        even = V.Fma(V.All(T), a, V.All(T * Q2) * c);
        odd = V.All(T * Q) * b;
        V.Store(even + odd, to + (3 * next));
        V.Store(even - odd, to + (4 * next));
        V.Store(c, to + (5 * next));
    }

    /// <summary>A applied to a row of four places, and stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Spread(V a, V b, V c, V d, float* to, nint next)
    {
        V.Store(a, to);
        V even = V.Fma(V.All(P2), c, a), odd = V.Fma(V.All(P2), d, b);
        V.Store(V.Fma(V.All(P), odd, even), to + next);
        V.Store(V.Fma(V.All(-P), odd, even), to + (2 * next));
        even = V.Fma(V.All(Q2), c, a);
        odd = V.Fma(V.All(Q2), d, b);
        V.Store(V.Fma(V.All(Q), odd, even), to + (3 * next));
        V.Store(V.Fma(V.All(-Q), odd, even), to + (4 * next));
        V.Store(d, to + (5 * next));
    }

    /// <summary>Gᵀ applied to a column of six points.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Three(V a, V b, V c, V d, V e, V f, out V first, out V second, out V third)
    {
        V even = b + c, odd = b - c, even2 = d + e, odd2 = d - e;
        first = V.Fma(V.All(R), a, V.Fma(V.All(S), even, V.All(T) * even2));
        second = V.Fma(V.All(S * P), odd, V.All(T * Q) * odd2);
        third = V.Fma(V.All(S * P2), even, V.Fma(V.All(T * Q2), even2, f));
    }
}

/// <summary>One call of <see cref="WinogradTransform{V}.Result"/>: where the products lie and what becomes of the tile.</summary>
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
