using System.Runtime.CompilerServices;
using static Graft.Tensors.Kernels.WinogradPoints;

namespace Graft.Tensors.Kernels;

/// <summary>Products of few tiles with one register of target channels, whose kernels are transformed on the way.</summary>
/// <remarks>
/// <para>Transformed kernels are four times as large as they were, and few tiles use each of them only a few times: storing and reading them takes longer than
/// multiplying. Here they are never stored. For each of the six rows of points, the row of a transformed kernel is computed in registers from its
/// weights and multiplied at once into sums of 6 points x up to 4 tiles, which fill 24 of the 32 registers of AVX-512 and ARM64; with 16 registers, 2 tiles are taken together.
/// So some 60 operations are spent on a register of kernels besides the 36 multiplications a tile; its weights come from memory once and five times from the cache.</para>
/// <para>Numbers are those of <see cref="WinogradTransform{V}.Weights"/> and of the micro-kernel over the same blocks of source channels, bit for bit.</para>
/// </remarks>
internal static unsafe class WinogradFew<V>
    where V : struct, IVec<V>
{
    /// <summary>Tiles up to which this is the faster way.</summary>
    public const int MostTiles = 16;

    /// <summary>Tiles that are worked on at the same time.</summary>
    public static int Together => MicroKernel<V>.MaxRows == 14 ? 4 : 2;

    /// <summary>For each point, products [tiles, Width] = image [tiles, depth] · kernels [depth, Width].</summary>
    /// <param name="tiles">1 to <see cref="Together"/>.</param>
    /// <param name="kernels">Weights: source channel, tap, lane.</param>
    /// <param name="image">For each row of points: source channel, point of the row, tile.</param>
    /// <param name="nextRow">Floats from a row of points to the next.</param>
    /// <param name="depth">Source channels.</param>
    /// <param name="products">Where the first point goes.</param>
    /// <param name="next">Floats from a point to the next.</param>
    /// <param name="accumulate">Whether products are added to.</param>
    public static void Run(int tiles, float* kernels, float* image, nint nextRow, int depth, float* products, nint next, bool accumulate)
    {
        switch (tiles)
        {
            case 1:
                All<C1>(kernels, image, nextRow, depth, products, next, accumulate);
                break;
            case 2:
                All<C2>(kernels, image, nextRow, depth, products, next, accumulate);
                break;
            case 3:
                All<C3>(kernels, image, nextRow, depth, products, next, accumulate);
                break;
            default:
                All<C4>(kernels, image, nextRow, depth, products, next, accumulate);
                break;
        }
    }

    private static void All<T>(float* kernels, float* image, nint nextRow, int depth, float* products, nint next, bool accumulate)
        where T : unmanaged, IConst
    {
        Row<T, C1>(kernels, image, depth, products, next, accumulate);
        Row<T, C2>(kernels, image + nextRow, depth, products + (6 * next), next, accumulate);
        Row<T, C3>(kernels, image + (2 * nextRow), depth, products + (12 * next), next, accumulate);
        Row<T, C4>(kernels, image + (3 * nextRow), depth, products + (18 * next), next, accumulate);
        Row<T, C5>(kernels, image + (4 * nextRow), depth, products + (24 * next), next, accumulate);
        Row<T, C6>(kernels, image + (5 * nextRow), depth, products + (30 * next), next, accumulate);
    }

    /// <summary>One row of points.</summary>
    /// <typeparam name="T">Tiles.</typeparam>
    /// <typeparam name="R">Which row, from 1 on: 0, p, -p, q, -q, infinity.</typeparam>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row<T, R>(float* g, float* a, int depth, float* to, nint next, bool accumulate)
        where T : unmanaged, IConst
        where R : unmanaged, IConst
    {
        Sums s0 = default, s1 = default, s2 = default, s3 = default, s4 = default, s5 = default;
        float* ahead = g + ((nint)3 * depth * Winograd.Taps * V.Width);
        for (int k = 0; k < depth; k++)
        {
            V x, y, z;
            if (R.Value == 1 || R.Value == 6)
            {
                float* row = g + (R.Value == 1 ? 0 : 6 * V.Width);
                x = V.Load(row);
                y = V.Load(row + V.Width);
                z = V.Load(row + (2 * V.Width));
            }
            else
            {
                float point = R.Value == 2 ? P : R.Value == 3 ? -P : R.Value == 4 ? Q : -Q, square = R.Value <= 3 ? P2 : Q2;
                x = V.Fma(V.All(point), V.Load(g + (3 * V.Width)), V.Fma(V.All(square), V.Load(g + (6 * V.Width)), V.Load(g)));
                y = V.Fma(V.All(point), V.Load(g + (4 * V.Width)), V.Fma(V.All(square), V.Load(g + (7 * V.Width)), V.Load(g + V.Width)));
                z = V.Fma(V.All(point), V.Load(g + (5 * V.Width)), V.Fma(V.All(square), V.Load(g + (8 * V.Width)), V.Load(g + (2 * V.Width))));
            }

            // What comes next, shared out among the rows.
            Prefetch.Far(ahead + ((R.Value - 1) * V.Width));
            if (R.Value <= 3)
            {
                Prefetch.Far(ahead + ((R.Value + 5) * V.Width));
            }

            s0.Add<T>(a, x);
            V even = V.Fma(V.All(P2), z, x), odd = V.All(P) * y;
            s1.Add<T>(a + sizeof(T), even + odd);
            s2.Add<T>(a + (2 * sizeof(T)), even - odd);
            even = V.Fma(V.All(Q2), z, x);
            odd = V.All(Q) * y;
            s3.Add<T>(a + (3 * sizeof(T)), even + odd);
            s4.Add<T>(a + (4 * sizeof(T)), even - odd);
            s5.Add<T>(a + (5 * sizeof(T)), z);
            g += Winograd.Taps * V.Width;
            ahead += Winograd.Taps * V.Width;
            a += Winograd.Side * sizeof(T);
        }

        s0.Store<T>(to, accumulate);
        s1.Store<T>(to + next, accumulate);
        s2.Store<T>(to + (2 * next), accumulate);
        s3.Store<T>(to + (3 * next), accumulate);
        s4.Store<T>(to + (4 * next), accumulate);
        s5.Store<T>(to + (5 * next), accumulate);
    }

    /// <summary>The sums of a point: one register a tile.</summary>
    private struct Sums
    {
        private V _a;
        private V _b;
        private V _c;
        private V _d;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add<T>(float* image, V kernel)
            where T : unmanaged, IConst
        {
            _a = V.FmaAll(image, kernel, _a);
            if (sizeof(T) > 1) _b = V.FmaAll(image + 1, kernel, _b);
            if (sizeof(T) > 2) _c = V.FmaAll(image + 2, kernel, _c);
            if (sizeof(T) > 3) _d = V.FmaAll(image + 3, kernel, _d);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly void Store<T>(float* to, bool accumulate)
            where T : unmanaged, IConst
        {
            V.Store(accumulate ? _a + V.Load(to) : _a, to);
            if (sizeof(T) > 1) V.Store(accumulate ? _b + V.Load(to + V.Width) : _b, to + V.Width);
            if (sizeof(T) > 2) V.Store(accumulate ? _c + V.Load(to + (2 * V.Width)) : _c, to + (2 * V.Width));
            if (sizeof(T) > 3) V.Store(accumulate ? _d + V.Load(to + (3 * V.Width)) : _d, to + (3 * V.Width));
        }
    }
}
