using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Layer normalization forward, some rows at a time: see <see cref="NormLayer"/>.</summary>
internal unsafe struct NormLayerForward<V> : IJob
    where V : struct, IVec<V>
{
    public int Rows;
    public int N;
    public float* X;
    public float* Gamma;
    public float* Beta;
    public float Epsilon;
    public float* Y;
    public float* Mean;
    public float* Inverse;
    public float* Residual;
    public float* Summed;
    public int Together;
    public bool Far;

    public readonly void Run(int index)
    {
        if (Far)
        {
            Run<Yes>(index);
            PastCache.Arrived();
        }
        else
        {
            Run<No>(index);
        }
    }

    private readonly void Run<Away>(int index)
        where Away : IConst
    {
        int last = (int)Math.Min(Rows, (long)(index + 1) * Together);
        for (int row = index * Together; row < last; row++)
        {
            nint at = (nint)row * N;
            if (Residual == null)
            {
                Row<Away>(row, X + at, Total(X + at), Y + at);
            }
            else
            {
                Row<Away>(row, Summed + at, Total(X + at, Residual + at, Summed + at), Y + at);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly V Total(float* x)
    {
        // Four sums, so that none waits for itself.
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        int i = 0;
        for (; i + (4 * V.Width) <= N; i += 4 * V.Width)
        {
            s0 += V.Load(x + i);
            s1 += V.Load(x + i + V.Width);
            s2 += V.Load(x + i + (2 * V.Width));
            s3 += V.Load(x + i + (3 * V.Width));
        }

        V sum = (s0 + s2) + (s1 + s3);
        for (; i + V.Width <= N; i += V.Width)
        {
            sum += V.Load(x + i);
        }

        return i < N ? sum + V.LoadFirst(x + i, N - i) : sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly V Total(float* x, float* residual, float* to)
    {
        V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
        int i = 0;
        for (; i + (4 * V.Width) <= N; i += 4 * V.Width)
        {
            s0 += Add(x, residual, to, i);
            s1 += Add(x, residual, to, i + V.Width);
            s2 += Add(x, residual, to, i + (2 * V.Width));
            s3 += Add(x, residual, to, i + (3 * V.Width));
        }

        V sum = (s0 + s2) + (s1 + s3);
        for (; i + V.Width <= N; i += V.Width)
        {
            sum += Add(x, residual, to, i);
        }

        if (i < N)
        {
            V v = V.LoadFirst(x + i, N - i) + V.LoadFirst(residual + i, N - i);
            V.StoreFirst(v, to + i, N - i);
            sum += v;
        }

        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Add(float* x, float* residual, float* to, int i)
    {
        V v = V.Load(x + i) + V.Load(residual + i);
        V.Store(v, to + i);
        return v;
    }

    // The row is in the cache from the second pass on: its sum is there; squares of distances from the mean, then the result. Where much is far away, the row after the next
    // is fetched on the way.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Row<Away>(int row, float* x, V sum, float* y)
        where Away : IConst
    {
        int i;
        float mean = V.Sum(sum) / N;
        V m = V.All(mean), q0 = V.Zero, q1 = V.Zero, q2 = V.Zero, q3 = V.Zero;
        for (i = 0; i + (4 * V.Width) <= N; i += 4 * V.Width)
        {
            if (Away.Value == 1 && Residual == null)
            {
                float* next = x + N + N + i;
                Prefetch.Near(next);
                Prefetch.Near(next + V.Width);
                Prefetch.Near(next + (2 * V.Width));
                Prefetch.Near(next + (3 * V.Width));
            }

            V d0 = V.Load(x + i) - m, d1 = V.Load(x + i + V.Width) - m, d2 = V.Load(x + i + (2 * V.Width)) - m, d3 = V.Load(x + i + (3 * V.Width)) - m;
            q0 = V.Fma(d0, d0, q0);
            q1 = V.Fma(d1, d1, q1);
            q2 = V.Fma(d2, d2, q2);
            q3 = V.Fma(d3, d3, q3);
        }

        V squares = (q0 + q2) + (q1 + q3);
        for (; i + V.Width <= N; i += V.Width)
        {
            V d = V.Load(x + i) - m;
            squares = V.Fma(d, d, squares);
        }

        if (i < N)
        {
            V d = Lanes<V>.Only<Yes>(V.LoadFirst(x + i, N - i) - m, N - i);
            squares = V.Fma(d, d, squares);
        }

        float inverse = 1 / MathF.Sqrt((V.Sum(squares) / N) + Epsilon);
        Mean[row] = mean;
        Inverse[row] = inverse;
        V s = V.All(inverse);
        for (i = 0; i + V.Width <= N; i += V.Width)
        {
            Put<No, Away>(x, i, m, s, y, V.Width);
        }

        if (i < N)
        {
            Put<Yes, Away>(x, i, m, s, y, N - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Put<Partial, Away>(float* x, int i, V mean, V inverse, float* y, int count)
        where Partial : IConst
        where Away : IConst
    {
        V v = (Lanes<V>.Load<Partial>(x + i, count) - mean) * inverse;
        v = Gamma == null ? v : v * Lanes<V>.Load<Partial>(Gamma + i, count);
        v = Beta == null ? v : v + Lanes<V>.Load<Partial>(Beta + i, count);
        Lanes<V>.Store<Partial, Away>(v, y + i, count);
    }
}
