using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Layer normalization: each row of [rows, n] on its own.</summary>
/// <remarks>y = (x - mean) · inverse · gamma + beta with inverse = 1 / sqrt(variance + eps); gamma and beta may be null: 1 and 0. With a residual, x + residual stands
/// for x: it is formed in the pass that sums it.</remarks>
internal static unsafe class NormLayer
{
    /// <summary>y, and mean and inverse of each row for the backward pass.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="n">Numbers in a row.</param>
    /// <param name="x">Rows one behind the other.</param>
    /// <param name="gamma">n factors, or null.</param>
    /// <param name="beta">n shifts, or null.</param>
    /// <param name="epsilon">Added to the variance.</param>
    /// <param name="y">The result; may be x.</param>
    /// <param name="mean">Of each row.</param>
    /// <param name="inverse">Of each row.</param>
    /// <param name="residual">Added to x, or null.</param>
    /// <param name="sum">Gets x + residual for the backward pass; y where that is not wanted.</param>
    public static void Forward(
        int rows, int n, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse, float* residual = null, float* sum = null)
    {
        if (Width.Is512)
        {
            Forward<W512>(rows, n, x, gamma, beta, epsilon, y, mean, inverse, residual, sum);
        }
        else if (Width.Is256)
        {
            Forward<W256>(rows, n, x, gamma, beta, epsilon, y, mean, inverse, residual, sum);
        }
        else
        {
            Forward<W128>(rows, n, x, gamma, beta, epsilon, y, mean, inverse, residual, sum);
        }
    }

    /// <summary>Gradients; dx, dgamma, dbeta and that of the residual may each be null where they are not wanted; dx may be dy. x is the sum where there is a residual.</summary>
    public static void Backward(
        int rows, int n, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters, float* dresidual = null, bool accumulateResidual = false)
    {
        if (Width.Is512)
        {
            Backward<W512>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters, dresidual, accumulateResidual);
        }
        else if (Width.Is256)
        {
            Backward<W256>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters, dresidual, accumulateResidual);
        }
        else
        {
            Backward<W128>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters, dresidual, accumulateResidual);
        }
    }

    internal static void Forward<V>(
        int rows, int n, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse, float* residual = null, float* sum = null)
        where V : struct, IVec<V>
    {
        var job = new ForwardJob<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Gamma = gamma,
            Beta = beta,
            Epsilon = epsilon,
            Y = y,
            Mean = mean,
            Inverse = inverse,
            Residual = residual,
            Summed = sum,
            Together = Lanes<V>.RowsPerTask(rows, n),
            Far = (long)rows * n >= PastCache.Floats && PastCache.Fits<V>(y, n) && y != x && (residual == null || y != sum) && y != residual,
        };
        Team.For((rows + job.Together - 1) / job.Together, ref job);
    }

    internal static void Backward<V>(
        int rows, int n, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters, float* dresidual = null, bool accumulateResidual = false)
        where V : struct, IVec<V>
    {
        // Parameter gradients: a number of parts fixed by the shape, each with sums of its own, added in order.
        const int mostParts = 32;
        int parts = (int)Math.Clamp((long)rows * n / (16 * 1024), 1, Math.Min(mostParts, Math.Max(1, rows)));
        bool sums = dgamma != null || dbeta != null;
        nint padded = (n + V.Width - 1) / V.Width * V.Width;
        var job = new BackwardJob<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Dy = dy,
            Gamma = gamma,
            Mean = mean,
            Inverse = inverse,
            Dx = dx,
            Accumulate = accumulate,
            Dresidual = dresidual,
            AccumulateResidual = accumulateResidual,
            Parts = parts,
            Padded = padded,
            Sums = sums ? Workspace.Get(Workspace.Slot.Partial, 2 * parts * padded) : null,
        };
        Team.For(parts, ref job);
        if (dgamma != null)
        {
            Total<V>(job.Sums, parts, padded, n, dgamma, accumulateParameters);
        }

        if (dbeta != null)
        {
            Total<V>(job.Sums + (parts * padded), parts, padded, n, dbeta, accumulateParameters);
        }
    }

    private static void Total<V>(float* sums, int parts, nint padded, int n, float* to, bool accumulate)
        where V : struct, IVec<V>
    {
        for (int i = 0; i < n; i += V.Width)
        {
            V total = V.Zero;
            for (int p = 0; p < parts; p++)
            {
                total += V.Load(sums + (p * padded) + i);
            }

            int count = Math.Min(V.Width, n - i);
            V.StoreFirst(accumulate ? total + V.LoadFirst(to + i, count) : total, to + i, count);
        }
    }

    private struct ForwardJob<V> : IJob
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

    private struct BackwardJob<V> : IJob
        where V : struct, IVec<V>
    {
        public int Rows;
        public int N;
        public float* X;
        public float* Dy;
        public float* Gamma;
        public float* Mean;
        public float* Inverse;
        public float* Dx;
        public bool Accumulate;
        public float* Dresidual;
        public bool AccumulateResidual;
        public int Parts;
        public nint Padded;
        public float* Sums;

        public readonly void Run(int index)
        {
            float* dgamma = Sums == null ? null : Sums + (index * Padded);
            float* dbeta = Sums == null ? null : Sums + ((Parts + index) * Padded);
            if (Sums != null)
            {
                new Span<float>(dgamma, (int)Padded).Clear();
                new Span<float>(dbeta, (int)Padded).Clear();
            }

            int last = (int)((long)Rows * (index + 1) / Parts);
            for (int row = (int)((long)Rows * index / Parts); row < last; row++)
            {
                nint at = (nint)row * N;
                Row(
                    X + at, Dy + at, Dx == null ? null : Dx + at, Dresidual == null ? null : Dresidual + at, V.All(Mean[row]), V.All(Inverse[row]), dgamma, dbeta);
            }
        }

        // With g = dy gamma and xhat = (x - mean) inverse:  dx = inverse (g - mean(g) - xhat mean(g xhat)).
        private readonly void Row(float* x, float* dy, float* dx, float* dr, V mean, V inverse, float* dgamma, float* dbeta)
        {
            V sum = V.Zero, product = V.Zero;
            int i = 0;
            for (; i + V.Width <= N; i += V.Width)
            {
                Sum<No>(x, dy, i, mean, inverse, dgamma, dbeta, ref sum, ref product, V.Width);
            }

            if (i < N)
            {
                Sum<Yes>(x, dy, i, mean, inverse, dgamma, dbeta, ref sum, ref product, N - i);
            }

            if (dx == null && dr == null)
            {
                return;
            }

            V even = V.All(V.Sum(sum) / N), slope = V.All(V.Sum(product) / N);
            for (i = 0; i + V.Width <= N; i += V.Width)
            {
                // The row after this one, which comes from memory.
                Prefetch.Near(x + N + i);
                Prefetch.Near(dy + N + i);
                Put<No>(x, dy, dx, dr, i, mean, inverse, even, slope, V.Width);
            }

            if (i < N)
            {
                Put<Yes>(x, dy, dx, dr, i, mean, inverse, even, slope, N - i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Sum<Partial>(
            float* x, float* dy, int i, V mean, V inverse, float* dgamma, float* dbeta, ref V sum, ref V product, int count)
            where Partial : IConst
        {
            V d = Lanes<V>.Load<Partial>(dy + i, count);
            V hat = Lanes<V>.Only<Partial>((Lanes<V>.Load<Partial>(x + i, count) - mean) * inverse, count);
            if (dgamma != null)
            {
                V.Store(V.Fma(d, hat, V.Load(dgamma + i)), dgamma + i);
                V.Store(d + V.Load(dbeta + i), dbeta + i);
            }

            V g = Gamma == null ? d : d * Lanes<V>.Load<Partial>(Gamma + i, count);
            sum += g;
            product = V.Fma(g, hat, product);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Put<Partial>(float* x, float* dy, float* dx, float* dr, int i, V mean, V inverse, V even, V slope, int count)
            where Partial : IConst
        {
            V g = Lanes<V>.Load<Partial>(dy + i, count);
            g = Gamma == null ? g : g * Lanes<V>.Load<Partial>(Gamma + i, count);
            V hat = (Lanes<V>.Load<Partial>(x + i, count) - mean) * inverse;
            V v = (g - even - (hat * slope)) * inverse;
            if (dx != null)
            {
                Lanes<V>.Store<Partial>(Accumulate ? v + Lanes<V>.Load<Partial>(dx + i, count) : v, dx + i, count);
            }

            if (dr != null)
            {
                Lanes<V>.Store<Partial>(AccumulateResidual ? v + Lanes<V>.Load<Partial>(dr + i, count) : v, dr + i, count);
            }
        }
    }
}
