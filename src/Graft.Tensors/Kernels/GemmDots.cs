using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Products with very few columns (or rows): plain dot products along k, with k in the lanes.</summary>
/// <remarks>Each dot product keeps one partial sum a lane, adds the lanes in the fixed order of <see cref="IVec{V}.Sum"/>, then the last k one by one in a masked register.</remarks>
internal static unsafe class GemmDots
{
    /// <summary>out[i, j] = left[i, :] · right[j, :] for all i and few j; rows of both lie contiguous.</summary>
    /// <param name="p">Says what to add and where C lies.</param>
    /// <param name="left">Rows; C's rows where <paramref name="swapped"/> is false, else its columns.</param>
    /// <param name="leftStride">Floats between rows.</param>
    /// <param name="leftCount">Number of rows.</param>
    /// <param name="right">The few rows of the other operand.</param>
    /// <param name="rightStride">Floats between them.</param>
    /// <param name="rightCount">Their number.</param>
    /// <param name="swapped">Whether i is C's column.</param>
    public static void Run<V>(
        in GemmProduct p, float* left, nint leftStride, int leftCount, float* right, nint rightStride, int rightCount, bool swapped)
        where V : struct, IVec<V>
    {
        const int tall = 4;
        float* sums = stackalloc float[2 * tall];
        for (int i = 0; i < leftCount; i += tall)
        {
            // Rows beyond the last repeat it; their sums are dropped.
            int rows = Math.Min(tall, leftCount - i);
            float* l = left + (i * leftStride);
            for (int j = 0; j < rightCount; j += 2)
            {
                float* r = right + (j * rightStride);
                int pair = Math.Min(2, rightCount - j);
                Four<V>(l, leftStride, rows, r, pair == 2 ? r + rightStride : null, p.K, sums);
                for (int e = 0; e < pair; e++)
                {
                    for (int d = 0; d < rows; d++)
                    {
                        int row = swapped ? j + e : i + d, column = swapped ? i + d : j + e;
                        Put(p, row, column, sums[(e * tall) + d]);
                    }
                }
            }
        }
    }

    /// <summary>Adds what is to be added to a sum and writes it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Put(in GemmProduct p, int row, int column, float sum)
    {
        float* c = p.C + (row * p.StrideC) + column;
        sum += p.Bias != null ? p.Bias[column] : 0;
        sum += p.Accumulate ? *c : 0;
        sum += p.Residual != null ? p.Residual[c - p.C] : 0;
        if (p.Activation != Activation.None)
        {
            // Written so that NaN stays NaN.
            sum = sum < 0 ? 0 : sum;
            sum = p.Activation == Activation.Relu6 && sum > 6 ? 6 : sum;
        }

        *c = sum;
    }

    // Four rows times one or two: up to eight sums, independent of each other, keep the multipliers busy.
    private static void Four<V>(float* l0, nint stride, int rows, float* r0, float* r1, int depth, float* sums)
        where V : struct, IVec<V>
    {
        float* l1 = l0 + (rows > 1 ? stride : 0);
        float* l2 = l0 + (rows > 2 ? 2 * stride : 0);
        float* l3 = l0 + (rows > 3 ? 3 * stride : 0);
        V a0 = V.Zero, a1 = V.Zero, a2 = V.Zero, a3 = V.Zero;
        V b0 = V.Zero, b1 = V.Zero, b2 = V.Zero, b3 = V.Zero;
        int whole = depth - (depth % V.Width), k = 0;
        if (r1 == null)
        {
            for (; k < whole; k += V.Width)
            {
                V x = V.Load(r0 + k);
                a0 = V.Fma(V.Load(l0 + k), x, a0);
                a1 = V.Fma(V.Load(l1 + k), x, a1);
                a2 = V.Fma(V.Load(l2 + k), x, a2);
                a3 = V.Fma(V.Load(l3 + k), x, a3);
            }
        }
        else
        {
            for (; k < whole; k += V.Width)
            {
                V x = V.Load(r0 + k), y = V.Load(r1 + k);
                V v = V.Load(l0 + k);
                a0 = V.Fma(v, x, a0);
                b0 = V.Fma(v, y, b0);
                v = V.Load(l1 + k);
                a1 = V.Fma(v, x, a1);
                b1 = V.Fma(v, y, b1);
                v = V.Load(l2 + k);
                a2 = V.Fma(v, x, a2);
                b2 = V.Fma(v, y, b2);
                v = V.Load(l3 + k);
                a3 = V.Fma(v, x, a3);
                b3 = V.Fma(v, y, b3);
            }
        }

        if (k < depth)
        {
            int rest = depth - k;
            V x = V.LoadFirst(r0 + k, rest);
            V v0 = V.LoadFirst(l0 + k, rest), v1 = V.LoadFirst(l1 + k, rest);
            V v2 = V.LoadFirst(l2 + k, rest), v3 = V.LoadFirst(l3 + k, rest);
            a0 = V.Fma(v0, x, a0);
            a1 = V.Fma(v1, x, a1);
            a2 = V.Fma(v2, x, a2);
            a3 = V.Fma(v3, x, a3);
            if (r1 != null)
            {
                V y = V.LoadFirst(r1 + k, rest);
                b0 = V.Fma(v0, y, b0);
                b1 = V.Fma(v1, y, b1);
                b2 = V.Fma(v2, y, b2);
                b3 = V.Fma(v3, y, b3);
            }
        }

        sums[0] = V.Sum(a0);
        sums[1] = V.Sum(a1);
        sums[2] = V.Sum(a2);
        sums[3] = V.Sum(a3);
        if (r1 != null)
        {
            sums[4] = V.Sum(b0);
            sums[5] = V.Sum(b1);
            sums[6] = V.Sum(b2);
            sums[7] = V.Sum(b3);
        }
    }
}
