using System.Runtime.CompilerServices;
using static Graft.Tensors.Kernels.WinogradPoints;

namespace Graft.Tensors.Kernels;

/// <summary>The small matrices of Winograd's minimal filtering F(4 x 4, 3 x 3): sixteen results of a 3 x 3 kernel by 36 multiplications instead of 144.</summary>
/// <remarks>
/// <para>A row of four results y of three weights g over six numbers d is a product of two polynomials, seen from the other side. Polynomials
/// of degree five are fixed by six points, and at each point a product is one multiplication: y = Aᵀ((G g) ∘ (Bᵀ d)).
/// With the points 0, p, -p, q, -q and infinity,</para>
/// <code>
///      | p²q²   0    -(p²+q²)   0     1  0 |        | 1   0   0  |        | r   s     s    t     t    0 |
///      |  0   -pq²     -q²      p     1  0 |        | 1   p   p² |   Aᵀ = | 0   s p  -s p  t q  -t q  0 |
/// Bᵀ = |  0    pq²     -q²     -p     1  0 |    G = | 1  -p   p² |        | 0   s p²  s p² t q²  t q² 0 |
///      |  0   -qp²     -p²      q     1  0 |        | 1   q   q² |        | 0   s p³ -s p³ t q³ -t q³ 1 |
///      |  0    qp²     -p²     -q     1  0 |        | 1  -q   q² |
///      |  0   p²q²      0   -(p²+q²)  0  1 |        | 0   0   1  |   r = 1 / p²q², s = 1 / 2p²(p²-q²), t = 1 / 2q²(q²-p²)
/// </code>
/// <para>In two dimensions each is applied to the columns and then to the rows: Y = Aᵀ((G g Gᵀ) ∘ (Bᵀ d B)) A. The sum over
/// channels moves inside, so each of the 36 points is a matrix product of its own. The same matrices turned round give the gradient of
/// the weights: dg = Gᵀ((A dY Aᵀ) ∘ (Bᵀ d B)) G; there the factors r, s and t are in G.</para>
/// <para>The points decide how much rounding errors grow. With the usual 1 and 2 the largest error over 512 channels is four times that
/// of plain sums; with 3/4 and 3/2 it is the same, and every number in Bᵀ and G is still exact.</para>
/// </remarks>
internal static unsafe class WinogradLine<V>
    where V : struct, IVec<V>
{
    /// <summary>The first and last rows of Bᵀ.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static V Outer(V a, V b, V c) => V.Fma(V.All(Product), a, V.Fma(V.All(-Sum), b, c));

    /// <summary>Bᵀ applied to a row, and stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Six(V a, V b, V c, V d, V e, V f, float* to, nint next)
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
    public static void Kernel(V a, V b, V c, float* to, nint next)
    {
        V.Store(a, to);
        V even = V.Fma(V.All(P2), c, a), odd = V.All(P) * b;
        V.Store(even + odd, to + next);
        V.Store(even - odd, to + (2 * next));
        even = V.Fma(V.All(Q2), c, a);
        odd = V.All(Q) * b;
        V.Store(even + odd, to + (3 * next));
        V.Store(even - odd, to + (4 * next));
        V.Store(c, to + (5 * next));
    }

    /// <summary>A applied to a row of four places, and stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Spread(V a, V b, V c, V d, float* to, nint next)
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
    public static void Three(V a, V b, V c, V d, V e, V f, out V first, out V second, out V third)
    {
        V even = b + c, odd = b - c, even2 = d + e, odd2 = d - e;
        first = V.Fma(V.All(R), a, V.Fma(V.All(S), even, V.All(T) * even2));
        second = V.Fma(V.All(S * P), odd, V.All(T * Q) * odd2);
        third = V.Fma(V.All(S * P2), even, V.Fma(V.All(T * Q2), even2, f));
    }
}

/// <summary>The points, and the numbers in the matrices that follow from them.</summary>
internal static class WinogradPoints
{
    public const float P = 0.75f;
    public const float Q = 1.5f;
    public const float P2 = P * P;
    public const float Q2 = Q * Q;
    public const float P3 = P * P2;
    public const float Q3 = Q * Q2;
    public const float Product = P2 * Q2;
    public const float Sum = P2 + Q2;
    public const float R = (float)(1 / 1.265625);
    public const float S = (float)(1 / (2 * 0.5625 * (0.5625 - 2.25)));
    public const float T = (float)(1 / (2 * 2.25 * (2.25 - 0.5625)));
}
