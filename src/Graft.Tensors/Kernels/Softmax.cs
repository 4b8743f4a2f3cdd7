using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Softmax, its logarithm and log-sum-exp of the rows of a dense matrix [rows, n].</summary>
/// <remarks>
/// The largest number of a row is subtracted first, so nothing overflows. A row that holds NaN or +infinity, or nothing but -infinity, gives NaN.
/// </remarks>
internal static unsafe class Softmax
{
    // Floats in a row, of which two are kept beside what is written past the cache.
    private const int LongestFar = 1 << 20;

    /// <summary>y = softmax(scale * x), or its logarithm; in place allowed.</summary>
    public static void Forward(int rows, int n, float* x, float* y, bool log, float scale = 1)
    {
        if (Width.Is512)
        {
            Share<W512>(rows, n, x, y, null, log, scale, false, backward: false);
        }
        else if (Width.Is256)
        {
            Share<W256>(rows, n, x, y, null, log, scale, false, backward: false);
        }
        else
        {
            Share<W128>(rows, n, x, y, null, log, scale, false, backward: false);
        }
    }

    /// <summary>dx from y and dy: scale * y (dy - sum dy y), or scale * (dy - e^y sum dy) for the logarithm; dx may be dy.</summary>
    public static void Backward(int rows, int n, float* y, float* dy, float* dx, bool log, bool accumulate, float scale = 1)
    {
        if (Width.Is512)
        {
            Share<W512>(rows, n, y, dx, dy, log, scale, accumulate, backward: true);
        }
        else if (Width.Is256)
        {
            Share<W256>(rows, n, y, dx, dy, log, scale, accumulate, backward: true);
        }
        else
        {
            Share<W128>(rows, n, y, dx, dy, log, scale, accumulate, backward: true);
        }
    }

    /// <summary>result[i] = log(sum of e^x over row i); -infinity for a row of -infinity, +infinity where one is.</summary>
    public static void LogSumExp(int rows, int n, float* x, float* result)
    {
        if (Width.Is512)
        {
            LogSumExp<W512>(rows, n, x, result);
        }
        else if (Width.Is256)
        {
            LogSumExp<W256>(rows, n, x, result);
        }
        else
        {
            LogSumExp<W128>(rows, n, x, result);
        }
    }

    /// <summary>The largest number of a row; anything where the row holds NaN, which its sum of exponentials shows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float RowMax<V>(float* x, int n)
        where V : struct, IVec<V>
    {
        V lowest = V.All(float.NegativeInfinity), m0 = lowest, m1 = lowest, m2 = lowest, m3 = lowest;
        int i = 0;
        for (; i + (4 * V.Width) <= n; i += 4 * V.Width)
        {
            m0 = V.AtLeast(V.Load(x + i), m0);
            m1 = V.AtLeast(V.Load(x + i + V.Width), m1);
            m2 = V.AtLeast(V.Load(x + i + (2 * V.Width)), m2);
            m3 = V.AtLeast(V.Load(x + i + (3 * V.Width)), m3);
        }

        V max = V.AtLeast(V.AtLeast(m0, m1), V.AtLeast(m2, m3));
        for (; i + V.Width <= n; i += V.Width)
        {
            max = V.AtLeast(V.Load(x + i), max);
        }

        if (i < n)
        {
            max = V.AtLeast(Lanes<V>.Load<Yes>(x + i, n - i, lowest), max);
        }

        return V.Greatest(max);
    }

    /// <summary>The sum of e^(scale * x - max) over a row.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static float RowSum<V>(float* x, int n, float scale, float max)
        where V : struct, IVec<V>
    {
        V s = V.All(scale), m = V.All(-max), sum = V.Zero;
        int i = 0;
        for (; i + V.Width <= n; i += V.Width)
        {
            sum += VecMath.Exp(V.Fma(V.Load(x + i), s, m));
        }

        if (i < n)
        {
            sum += Lanes<V>.Only<Yes>(VecMath.Exp(V.Fma(V.LoadFirst(x + i, n - i), s, m)), n - i);
        }

        return V.Sum(sum);
    }

    internal static void Share<V>(int rows, int n, float* x, float* y, float* dy, bool log, float scale, bool accumulate, bool backward)
        where V : struct, IVec<V>
    {
        // Rows written past the cache begin and end with a pass that nothing runs beside: more of them together.
        bool far = !backward && !log && scale >= 0 && x != y && (long)rows * n >= PastCache.Floats && n <= LongestFar && PastCache.Fits<V>(y, n);
        int together = Lanes<V>.RowsPerTask(rows, n, far ? 128 * 1024 : 8 * 1024);
        var job = new Job<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Y = y,
            Dy = dy,
            Log = log,
            Scale = scale,
            Accumulate = accumulate,
            Backward = backward,
            Together = together,
            Far = far,
        };
        Team.For((rows + together - 1) / together, ref job);
    }

    internal static void LogSumExp<V>(int rows, int n, float* x, float* result)
        where V : struct, IVec<V>
    {
        int together = Lanes<V>.RowsPerTask(rows, n, 8 * 1024);
        var job = new LogSumExpJob<V> { Rows = rows, N = n, X = x, Result = result, Together = together };
        Team.For((rows + together - 1) / together, ref job);
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public int Rows;
        public int N;
        public float* X;
        public float* Y;
        public float* Dy;
        public bool Log;
        public float Scale;
        public bool Accumulate;
        public bool Backward;
        public bool Far;
        public int Together;

        public readonly void Run(int index)
        {
            int first = index * Together, last = (int)Math.Min(Rows, (long)(index + 1) * Together);
            if (Far)
            {
                SoftmaxRow<V>.ForwardFar(last - first, N, X + ((nint)first * N), Y + ((nint)first * N), Scale);
                return;
            }

            for (int row = first; row < last; row++)
            {
                nint at = (nint)row * N;
                if (Backward)
                {
                    RowBackward(X + at, Dy + at, Y + at);
                }
                else
                {
                    Row(X + at, Y + at);
                }
            }
        }

        private readonly void Row(float* x, float* y)
        {
            if (Scale < 0)
            {
                // The largest of scale * x belongs to the least x: turn the row first.
                for (int j = 0; j < N; j++)
                {
                    y[j] = -x[j];
                }

                x = y;
            }

            float scale = MathF.Abs(Scale);
            if (!Log)
            {
                SoftmaxRow<V>.Forward(x, y, N, scale);
                return;
            }

            // Two subtractions: max plus the logarithm, rounded as one number, would cost the last bits where max is large.
            float max = RowMax<V>(x, N) * scale;
            V s = V.All(scale), m = V.All(-max), logSum = V.All(MathF.Log(RowSum<V>(x, N, scale, max)));
            int i = 0;
            for (; i + V.Width <= N; i += V.Width)
            {
                V.Store(V.Fma(V.Load(x + i), s, m) - logSum, y + i);
            }

            if (i < N)
            {
                V.StoreFirst(V.Fma(V.LoadFirst(x + i, N - i), s, m) - logSum, y + i, N - i);
            }
        }

        private readonly void RowBackward(float* y, float* dy, float* dx)
        {
            V sum = V.Zero;
            int i = 0;
            for (; i + V.Width <= N; i += V.Width)
            {
                sum = Log ? sum + V.Load(dy + i) : V.Fma(V.Load(dy + i), V.Load(y + i), sum);
            }

            if (i < N)
            {
                V d = V.LoadFirst(dy + i, N - i);
                sum = Log ? sum + d : V.Fma(d, V.LoadFirst(y + i, N - i), sum);
            }

            V total = V.All(V.Sum(sum));
            for (i = 0; i + V.Width <= N; i += V.Width)
            {
                Gradient<No>(y + i, dy + i, dx + i, total, V.Width);
            }

            if (i < N)
            {
                Gradient<Yes>(y + i, dy + i, dx + i, total, N - i);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private readonly void Gradient<Partial>(float* y, float* dy, float* dx, V total, int count)
            where Partial : IConst
        {
            V p = Lanes<V>.Load<Partial>(y, count), d = Lanes<V>.Load<Partial>(dy, count);
            V g = Log ? d - (VecMath.Exp(p) * total) : p * (d - total);
            g *= V.All(Scale);
            Lanes<V>.Store<Partial>(Accumulate ? g + Lanes<V>.Load<Partial>(dx, count) : g, dx, count);
        }
    }

    private struct LogSumExpJob<V> : IJob
        where V : struct, IVec<V>
    {
        public int Rows;
        public int N;
        public float* X;
        public float* Result;
        public int Together;

        public readonly void Run(int index)
        {
            int last = (int)Math.Min(Rows, (long)(index + 1) * Together);
            for (int row = index * Together; row < last; row++)
            {
                float* x = X + ((nint)row * N);
                float max = RowMax<V>(x, N);

                // An infinite largest number would give infinity minus infinity; subtracting 0 gives the right answer (and keeps NaN).
                float shift = float.IsInfinity(max) ? 0 : max;
                Result[row] = shift + MathF.Log(RowSum<V>(x, N, 1, shift));
            }
        }
    }
}
