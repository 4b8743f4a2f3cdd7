using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Layer normalization: each row of [rows, n] on its own.</summary>
/// <remarks>y = (x - mean) · inverse · gamma + beta with inverse = 1 / sqrt(variance + eps); gamma and beta may be null: 1 and 0.</remarks>
internal static unsafe class NormLayer
{
    /// <summary>y, and mean and inverse of each row for the backward pass.</summary>
    public static void Forward(int rows, int n, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse)
    {
        if (Width.Is512)
        {
            Forward<W512>(rows, n, x, gamma, beta, epsilon, y, mean, inverse);
        }
        else if (Width.Is256)
        {
            Forward<W256>(rows, n, x, gamma, beta, epsilon, y, mean, inverse);
        }
        else
        {
            Forward<W128>(rows, n, x, gamma, beta, epsilon, y, mean, inverse);
        }
    }

    /// <summary>Gradients; dx, dgamma and dbeta may each be null where they are not wanted; dx may be dy.</summary>
    public static void Backward(
        int rows, int n, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters)
    {
        if (Width.Is512)
        {
            Backward<W512>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
        else if (Width.Is256)
        {
            Backward<W256>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
        else
        {
            Backward<W128>(rows, n, x, dy, gamma, mean, inverse, dx, accumulate, dgamma, dbeta, accumulateParameters);
        }
    }

    internal static void Forward<V>(int rows, int n, float* x, float* gamma, float* beta, float epsilon, float* y, float* mean, float* inverse)
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
            Together = Lanes<V>.RowsPerTask(rows, n),
        };
        Team.For((rows + job.Together - 1) / job.Together, ref job);
    }

    internal static void Backward<V>(
        int rows, int n, float* x, float* dy, float* gamma, float* mean, float* inverse,
        float* dx, bool accumulate, float* dgamma, float* dbeta, bool accumulateParameters)
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
        public int Together;

        public readonly void Run(int index)
        {
            int last = (int)Math.Min(Rows, (long)(index + 1) * Together);
            for (int row = index * Together; row < last; row++)
            {
                Row(row, X + ((nint)row * N), Y + ((nint)row * N));
            }
        }

        private readonly void Row(int row, float* x, float* y)
        {
            // The row is in the cache from the second pass on: mean, then squares of distances from it, then the result.
            V sum = V.Zero;
            int i = 0;
            for (; i + V.Width <= N; i += V.Width)
            {
                sum += V.Load(x + i);
            }

            if (i < N)
            {
                sum += V.LoadFirst(x + i, N - i);
            }

            float mean = V.Sum(sum) / N;
            V m = V.All(mean), squares = V.Zero;
            for (i = 0; i + V.Width <= N; i += V.Width)
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
                Put<No>(x, i, m, s, y, V.Width);
            }

            if (i < N)
            {
                Put<Yes>(x, i, m, s, y, N - i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Put<Partial>(float* x, int i, V mean, V inverse, float* y, int count)
            where Partial : IConst
        {
            V v = (Lanes<V>.Load<Partial>(x + i, count) - mean) * inverse;
            v = Gamma == null ? v : v * Lanes<V>.Load<Partial>(Gamma + i, count);
            v = Beta == null ? v : v + Lanes<V>.Load<Partial>(Beta + i, count);
            Lanes<V>.Store<Partial>(v, y + i, count);
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
                Row(X + at, Dy + at, Dx == null ? null : Dx + at, V.All(Mean[row]), V.All(Inverse[row]), dgamma, dbeta);
            }
        }

        // With g = dy gamma and xhat = (x - mean) inverse:  dx = inverse (g - mean(g) - xhat mean(g xhat)).
        private readonly void Row(float* x, float* dy, float* dx, V mean, V inverse, float* dgamma, float* dbeta)
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

            if (dx == null)
            {
                return;
            }

            V even = V.All(V.Sum(sum) / N), slope = V.All(V.Sum(product) / N);
            for (i = 0; i + V.Width <= N; i += V.Width)
            {
                Put<No>(x, dy, dx, i, mean, inverse, even, slope, V.Width);
            }

            if (i < N)
            {
                Put<Yes>(x, dy, dx, i, mean, inverse, even, slope, N - i);
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
        private readonly void Put<Partial>(float* x, float* dy, float* dx, int i, V mean, V inverse, V even, V slope, int count)
            where Partial : IConst
        {
            V g = Lanes<V>.Load<Partial>(dy + i, count);
            g = Gamma == null ? g : g * Lanes<V>.Load<Partial>(Gamma + i, count);
            V hat = (Lanes<V>.Load<Partial>(x + i, count) - mean) * inverse;
            V v = (g - even - (hat * slope)) * inverse;
            Lanes<V>.Store<Partial>(Accumulate ? v + Lanes<V>.Load<Partial>(dx + i, count) : v, dx + i, count);
        }
    }
}
