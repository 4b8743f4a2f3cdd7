using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Products with very few columns (or rows): plain dot products along k, with k in the lanes.</summary>
/// <remarks>
/// Each dot product keeps one partial sum a lane, adds the last k in a masked register, then the lanes in the fixed order of
/// <see cref="IVec{V}.Sum"/>. Four rows times up to four columns are computed at once: sixteen sums, independent of each other, keep the
/// multipliers busy, each register that is loaded is used four times, and the lanes of four sums are added together.
/// </remarks>
internal static unsafe class GemmDots
{
    /// <summary>The most columns that <see cref="Run{V}"/> takes.</summary>
    public const int MostColumns = 16;

    // Rows of the left operand, columns of the right one, that are computed at once.
    private const int Tall = 4;

    // Rows of the left operand whose sums are kept before they go to C.
    private const int Chunk = 32;

    /// <summary>out[i, j] = left[i, :] · right[j, :] for all i and few j; rows of both lie contiguous.</summary>
    /// <param name="p">Says what to add and where C lies.</param>
    /// <param name="left">Rows; C's rows where <paramref name="swapped"/> is false, else its columns.</param>
    /// <param name="leftStride">Floats between rows.</param>
    /// <param name="leftCount">Number of rows.</param>
    /// <param name="right">The few rows of the other operand, at most <see cref="MostColumns"/>.</param>
    /// <param name="rightStride">Floats between them.</param>
    /// <param name="rightCount">Their number.</param>
    /// <param name="swapped">Whether i is C's column.</param>
    public static void Run<V>(
        in GemmProduct p, float* left, nint leftStride, int leftCount, float* right, nint rightStride, int rightCount, bool swapped)
        where V : struct, IVec<V>
    {
        // Sums of a chunk by rows of C, finished together: what was just written in pieces cannot be read in one piece at once.
        float* sums = stackalloc float[Chunk * MostColumns];

        // The one column of C is a row in memory, where its numbers lie one behind the other.
        bool isColumn = !swapped && rightCount == 1 && p.StrideC == 1, along = swapped || isColumn;
        int step = along ? Chunk : MostColumns;
        for (int first = 0; first < leftCount; first += Chunk)
        {
            int chunk = Math.Min(Chunk, leftCount - first);
            for (int i = 0; i < chunk; i += Tall)
            {
                // Rows beyond the last repeat it; their sums are dropped.
                int rows = Math.Min(Tall, chunk - i);
                float* l = left + ((first + i) * leftStride);
                for (int j = 0; j < rightCount; j += Tall)
                {
                    float* r = right + (j * rightStride);
                    float* s = sums + (along ? (j * step) + i : (i * step) + j);
                    switch (rightCount - j)
                    {
                        case 1:
                            Sums<V, C1>(l, leftStride, rows, r, rightStride, p.K, s, step, along);
                            break;
                        case 2:
                            Sums<V, C2>(l, leftStride, rows, r, rightStride, p.K, s, step, along);
                            break;
                        case 3:
                            Sums<V, C3>(l, leftStride, rows, r, rightStride, p.K, s, step, along);
                            break;
                        default:
                            Sums<V, C4>(l, leftStride, rows, r, rightStride, p.K, s, step, along);
                            break;
                    }
                }
            }

            if (isColumn)
            {
                FinishColumn<V>(p, first, chunk, sums);
                continue;
            }

            for (int e = 0; e < (swapped ? rightCount : chunk); e++)
            {
                Finish<V>(p, swapped ? e : first + e, swapped ? first : 0, swapped ? chunk : rightCount, sums + (e * step));
            }
        }
    }

    /// <summary>Adds what is to be added to some sums of a row of C, and writes them there.</summary>
    /// <param name="p">Says what to add and where C lies.</param>
    /// <param name="row">Row of C.</param>
    /// <param name="column">Column of the first sum.</param>
    /// <param name="count">Number of sums.</param>
    /// <param name="sums">May be read up to a register beyond the last.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Finish<V>(in GemmProduct p, int row, int column, int count, float* sums)
        where V : struct, IVec<V>
    {
        nint at = (row * p.StrideC) + column;
        float* c = p.C + at;
        float* bias = p.Bias == null ? null : p.Bias + column;
        float* residual = p.Residual == null ? null : p.Residual + at;
        for (int j = 0; j < count; j += V.Width)
        {
            int lanes = Math.Min(V.Width, count - j);
            V v = V.Load(sums + j);
            v = bias != null ? v + V.LoadFirst(bias + j, lanes) : v;
            Store(p, v, c + j, residual == null ? null : residual + j, lanes);
        }
    }

    /// <summary>The same for some sums of the only column of a C whose rows lie one behind the other.</summary>
    private static void FinishColumn<V>(in GemmProduct p, int row, int count, float* sums)
        where V : struct, IVec<V>
    {
        V bias = p.Bias == null ? V.Zero : V.All(*p.Bias);
        for (int i = 0; i < count; i += V.Width)
        {
            V v = V.Load(sums + i);
            v = p.Bias != null ? v + bias : v;
            Store(p, v, p.C + row + i, p.Residual == null ? null : p.Residual + row + i, Math.Min(V.Width, count - i));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<V>(in GemmProduct p, V v, float* c, float* residual, int lanes)
        where V : struct, IVec<V>
    {
        v = p.Accumulate ? v + V.LoadFirst(c, lanes) : v;
        v = residual != null ? v + V.LoadFirst(residual, lanes) : v;
        if (p.Activation != Activation.None)
        {
            v = V.AtLeast(v, V.Zero);
            v = p.Activation == Activation.Relu6 ? V.AtMost(v, V.All(6f)) : v;
        }

        V.StoreFirst(v, c, lanes);
    }

    /// <summary>Four rows of the left operand times NC of the right one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Sums<V, NC>(float* l0, nint stride, int rows, float* r0, nint rightStride, int depth, float* to, int step, bool along)
        where V : struct, IVec<V>
        where NC : unmanaged, IConst
    {
        float* l1 = l0 + (rows > 1 ? stride : 0);
        float* l2 = l0 + (rows > 2 ? 2 * stride : 0);
        float* l3 = l0 + (rows > 3 ? 3 * stride : 0);
        float* r1 = r0 + (sizeof(NC) > 1 ? rightStride : 0);
        float* r2 = r0 + (sizeof(NC) > 2 ? 2 * rightStride : 0);
        float* r3 = r0 + (sizeof(NC) > 3 ? 3 * rightStride : 0);
        Quad<V> a = default, b = default, c = default, d = default;
        int whole = depth - (depth % V.Width), k = 0;
        for (; k < whole; k += V.Width)
        {
            V x = V.Load(l0 + k), y = V.Load(l1 + k), z = V.Load(l2 + k), w = V.Load(l3 + k);
            a.Add(V.Load(r0 + k), x, y, z, w);
            if (sizeof(NC) > 1) b.Add(V.Load(r1 + k), x, y, z, w);
            if (sizeof(NC) > 2) c.Add(V.Load(r2 + k), x, y, z, w);
            if (sizeof(NC) > 3) d.Add(V.Load(r3 + k), x, y, z, w);
        }

        if (k < depth)
        {
            int rest = depth - k;
            V x = V.LoadFirst(l0 + k, rest), y = V.LoadFirst(l1 + k, rest), z = V.LoadFirst(l2 + k, rest), w = V.LoadFirst(l3 + k, rest);
            a.Add(V.LoadFirst(r0 + k, rest), x, y, z, w);
            if (sizeof(NC) > 1) b.Add(V.LoadFirst(r1 + k, rest), x, y, z, w);
            if (sizeof(NC) > 2) c.Add(V.LoadFirst(r2 + k, rest), x, y, z, w);
            if (sizeof(NC) > 3) d.Add(V.LoadFirst(r3 + k, rest), x, y, z, w);
        }

        if (along)
        {
            V.Sums(a.S0, a.S1, a.S2, a.S3, to);
            if (sizeof(NC) > 1) V.Sums(b.S0, b.S1, b.S2, b.S3, to + step);
            if (sizeof(NC) > 2) V.Sums(c.S0, c.S1, c.S2, c.S3, to + (2 * step));
            if (sizeof(NC) > 3) V.Sums(d.S0, d.S1, d.S2, d.S3, to + (3 * step));
        }
        else
        {
            V.Sums(a.S0, b.S0, c.S0, d.S0, to);
            V.Sums(a.S1, b.S1, c.S1, d.S1, to + step);
            V.Sums(a.S2, b.S2, c.S2, d.S2, to + (2 * step));
            V.Sums(a.S3, b.S3, c.S3, d.S3, to + (3 * step));
        }
    }

    /// <summary>One register of the right operand times four rows.</summary>
    private struct Quad<V>
        where V : struct, IVec<V>
    {
        public V S0;
        public V S1;
        public V S2;
        public V S3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Add(V r, V x, V y, V z, V w)
        {
            S0 = V.Fma(x, r, S0);
            S1 = V.Fma(y, r, S1);
            S2 = V.Fma(z, r, S2);
            S3 = V.Fma(w, r, S3);
        }
    }
}
