using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using static Graft.Tensors.Kernels.WinogradPoints;

namespace Graft.Tensors.Kernels;

/// <summary>Winograd's minimal filtering F(4 x 4, 3 x 3) of pictures, kernels and gradients: the matrices of <see cref="WinogradLine{V}"/> applied to columns and then to rows.</summary>
/// <remarks>
/// <para>Channels lie in the lanes, so a transform is the same few operations on whole registers. Pairs of rows p, -p share their even
/// and odd parts; they are worked off pair by pair, so that twelve registers hold what lies between columns and rows.</para>
/// </remarks>
internal static unsafe class WinogradTransform<V>
    where V : struct, IVec<V>
{
    // Rows of kernels that are asked for before their turn.
    private const int RowsAhead = 6;

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
                WinogradLine<V>.Six(
                    WinogradLine<V>.Outer(V.Load(d[0] + c), V.Load(d[12] + c), V.Load(d[24] + c)),
                    WinogradLine<V>.Outer(V.Load(d[1] + c), V.Load(d[13] + c), V.Load(d[25] + c)),
                    WinogradLine<V>.Outer(V.Load(d[2] + c), V.Load(d[14] + c), V.Load(d[26] + c)),
                    WinogradLine<V>.Outer(V.Load(d[3] + c), V.Load(d[15] + c), V.Load(d[27] + c)),
                    WinogradLine<V>.Outer(V.Load(d[4] + c), V.Load(d[16] + c), V.Load(d[28] + c)),
                    WinogradLine<V>.Outer(V.Load(d[5] + c), V.Load(d[17] + c), V.Load(d[29] + c)),
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
                    WinogradLine<V>.Six(
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
    /// <param name="columns">Columns: whole registers.</param>
    /// <param name="to">Matrices [depth, panel].</param>
    /// <param name="panel">Floats from a row of these to the next.</param>
    /// <param name="next">Floats from a point to the next.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Weights(float* from, nint matrix, nint row, int depth, int columns, float* to, int panel, nint next)
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
                    Prefetch.Near(ahead + columns - 1);
                }
            }

            for (int n = 0; n < columns; n += V.Width)
            {
                float* g = from + n, o = to + n;
                V g0 = V.Load(g), g1 = V.Load(g + matrix), g2 = V.Load(g + (2 * matrix));
                V l0 = V.Load(g + (6 * matrix)), l1 = V.Load(g + (7 * matrix)), l2 = V.Load(g + (8 * matrix));
                WinogradLine<V>.Kernel(g0, g1, g2, o, next);
                WinogradLine<V>.Kernel(l0, l1, l2, o + (30 * next), next);
                V m0 = V.Load(g + (3 * matrix)), m1 = V.Load(g + (4 * matrix)), m2 = V.Load(g + (5 * matrix));
                for (int i = 0; i < 2; i++)
                {
                    V point = V.All(i == 0 ? P : Q), square = V.All(i == 0 ? P2 : Q2);
                    V e0 = V.Fma(square, l0, g0), e1 = V.Fma(square, l1, g1), e2 = V.Fma(square, l2, g2);
                    float* pair = o + ((6 + (12 * i)) * next);
                    WinogradLine<V>.Kernel(V.Fma(point, m0, e0), V.Fma(point, m1, e1), V.Fma(point, m2, e2), pair, next);
                    point = -point;
                    WinogradLine<V>.Kernel(V.Fma(point, m0, e0), V.Fma(point, m1, e1), V.Fma(point, m2, e2), pair + (6 * next), next);
                }
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
                WinogradLine<V>.Spread(V.Load(d[0] + c), V.Load(d[1] + c), V.Load(d[2] + c), V.Load(d[3] + c), to + (30 * i * next), next);

                // Rows p and -p, then q and -q: even part plus and minus the odd part.
                V point = V.All(i == 0 ? P : Q), square = V.All(i == 0 ? P2 : Q2);
                V e0 = V.Fma(square, V.Load(at[8] + c), V.Load(at[0] + c)), o0 = V.Fma(square, V.Load(at[12] + c), V.Load(at[4] + c));
                V e1 = V.Fma(square, V.Load(at[9] + c), V.Load(at[1] + c)), o1 = V.Fma(square, V.Load(at[13] + c), V.Load(at[5] + c));
                V e2 = V.Fma(square, V.Load(at[10] + c), V.Load(at[2] + c)), o2 = V.Fma(square, V.Load(at[14] + c), V.Load(at[6] + c));
                V e3 = V.Fma(square, V.Load(at[11] + c), V.Load(at[3] + c)), o3 = V.Fma(square, V.Load(at[15] + c), V.Load(at[7] + c));
                float* pair = to + ((6 + (12 * i)) * next);
                for (int sign = 0; sign < 2; sign++, pair += 6 * next)
                {
                    WinogradLine<V>.Spread(V.Fma(point, o0, e0), V.Fma(point, o1, e1), V.Fma(point, o2, e2), V.Fma(point, o3, e3), pair, next);
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
                    WinogradLine<V>.Three(
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
                    WinogradLine<V>.Three(
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
}
