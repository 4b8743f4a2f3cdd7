using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Cross-entropy of rows of logits with one class each, softmax included.</summary>
/// <remarks>
/// With p = softmax(x), smoothing s, class weights w (all 1 where absent) and n classes, the loss of a row of class t is
/// -(1 - s) w[t] log p[t] - s / n · sum over c of w[c] log p[c], and its weight is w[t]. The mean is the sum of losses
/// divided by the sum of weights, also with smoothing. Rows of the ignored class have loss, weight and gradient 0.
/// </remarks>
internal static unsafe class CrossEntropy
{
    /// <summary>The first row whose class is neither ignored nor in [0, n), or -1. To be asked before the passes below, which trust the classes.</summary>
    public static int FirstInvalid(int rows, int n, int* targets, int ignore)
    {
        for (int i = 0; i < rows; i++)
        {
            if ((uint)targets[i] >= (uint)n && targets[i] != ignore)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Losses of the rows, what the backward pass needs, and the two sums of the mean (added in order, in double precision).</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="n">Number of classes.</param>
    /// <param name="x">Logits [rows, n].</param>
    /// <param name="targets">A class for each row.</param>
    /// <param name="ignore">The class that does not count.</param>
    /// <param name="weights">n class weights, or null.</param>
    /// <param name="smoothing">In [0, 1].</param>
    /// <param name="logSums">Out: log-sum-exp of each row.</param>
    /// <param name="losses">Out: loss of each row.</param>
    /// <returns>Sum of the losses and sum of the weights.</returns>
    public static (double Loss, double Weight) Forward(
        int rows, int n, float* x, int* targets, int ignore, float* weights, float smoothing, float* logSums, float* losses)
    {
        if (Width.Is512)
        {
            Losses<W512>(rows, n, x, targets, ignore, weights, smoothing, logSums, losses);
        }
        else if (Width.Is256)
        {
            Losses<W256>(rows, n, x, targets, ignore, weights, smoothing, logSums, losses);
        }
        else
        {
            Losses<W128>(rows, n, x, targets, ignore, weights, smoothing, logSums, losses);
        }

        double loss = 0, weight = 0;
        for (int i = 0; i < rows; i++)
        {
            if (targets[i] != ignore)
            {
                loss += losses[i];
                weight += weights == null ? 1 : weights[targets[i]];
            }
        }

        return (loss, weight);
    }

    /// <summary>dx = scale · rowScale[i] · the gradient of row i's loss.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="n">Number of classes.</param>
    /// <param name="x">Logits [rows, n].</param>
    /// <param name="targets">A class for each row.</param>
    /// <param name="ignore">The class that does not count.</param>
    /// <param name="weights">n class weights, or null.</param>
    /// <param name="smoothing">In [0, 1].</param>
    /// <param name="logSums">From the forward pass.</param>
    /// <param name="scale">Times everything.</param>
    /// <param name="rowScale">Times each row, or null.</param>
    /// <param name="dx">Gradient [rows, n]; may be x.</param>
    /// <param name="accumulate">Whether dx is added to.</param>
    public static void Backward(
        int rows, int n, float* x, int* targets, int ignore, float* weights, float smoothing, float* logSums,
        float scale, float* rowScale, float* dx, bool accumulate)
    {
        if (Width.Is512)
        {
            Gradients<W512>(rows, n, x, targets, ignore, weights, smoothing, logSums, scale, rowScale, dx, accumulate);
        }
        else if (Width.Is256)
        {
            Gradients<W256>(rows, n, x, targets, ignore, weights, smoothing, logSums, scale, rowScale, dx, accumulate);
        }
        else
        {
            Gradients<W128>(rows, n, x, targets, ignore, weights, smoothing, logSums, scale, rowScale, dx, accumulate);
        }
    }

    internal static void Losses<V>(
        int rows, int n, float* x, int* targets, int ignore, float* weights, float smoothing, float* logSums, float* losses)
        where V : struct, IVec<V>
    {
        var job = new Job<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Targets = targets,
            Ignore = ignore,
            Weights = weights,
            Smoothing = smoothing,
            LogSums = logSums,
            Losses = losses,
        };
        job.Share();
    }

    internal static void Gradients<V>(
        int rows, int n, float* x, int* targets, int ignore, float* weights, float smoothing, float* logSums,
        float scale, float* rowScale, float* dx, bool accumulate)
        where V : struct, IVec<V>
    {
        var job = new Job<V>
        {
            Rows = rows,
            N = n,
            X = x,
            Targets = targets,
            Ignore = ignore,
            Weights = weights,
            Smoothing = smoothing,
            LogSums = logSums,
            Scale = scale,
            RowScale = rowScale,
            Dx = dx,
            Accumulate = accumulate,
        };
        job.Share();
    }

    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public int Rows;
        public int N;
        public float* X;
        public int* Targets;
        public int Ignore;
        public float* Weights;
        public float Smoothing;
        public float* LogSums;
        public float* Losses;
        public float Scale;
        public float* RowScale;
        public float* Dx;
        public bool Accumulate;
        private int _together;
        private float _weightSum;

        public void Share()
        {
            _weightSum = N;
            if (Weights != null)
            {
                _weightSum = 0;
                for (int c = 0; c < N; c++)
                {
                    _weightSum += Weights[c];
                }
            }

            _together = Lanes<V>.RowsPerTask(Rows, N, 8 * 1024);
            Team.For((Rows + _together - 1) / _together, ref this);
        }

        public readonly void Run(int index)
        {
            int last = (int)Math.Min(Rows, (long)(index + 1) * _together);
            for (int row = index * _together; row < last; row++)
            {
                if (Dx == null)
                {
                    Loss(row);
                }
                else
                {
                    Gradient(row);
                }
            }
        }

        private readonly void Loss(int row)
        {
            float* x = X + ((nint)row * N);
            int target = Targets[row];
            float max = Softmax.RowMax<V>(x, N);
            float logSum = max + MathF.Log(Softmax.RowSum<V>(x, N, 1, max));
            LogSums[row] = logSum;
            if (target == Ignore)
            {
                Losses[row] = 0;
                return;
            }

            float loss = (1 - Smoothing) * (Weights == null ? 1 : Weights[target]) * (logSum - x[target]);
            if (Smoothing != 0)
            {
                loss += Smoothing / N * ((_weightSum * logSum) - WeightedSum(x));
            }

            Losses[row] = loss;
        }

        /// <summary>Sum over classes of w[c] x[c].</summary>
        private readonly float WeightedSum(float* x)
        {
            V sum = V.Zero;
            for (int i = 0; i < N; i += V.Width)
            {
                int count = Math.Min(V.Width, N - i);
                V v = V.LoadFirst(x + i, count);
                sum = Weights == null ? sum + v : V.Fma(v, V.LoadFirst(Weights + i, count), sum);
            }

            return V.Sum(sum);
        }

        // d/dx[c] = p[c] (a + b W) - b w[c] - a [c = t] with a = (1 - s) w[t], b = s / n, W = sum of w.
        private readonly void Gradient(int row)
        {
            float* x = X + ((nint)row * N);
            float* dx = Dx + ((nint)row * N);
            int target = Targets[row];
            if (target == Ignore)
            {
                if (!Accumulate)
                {
                    new Span<float>(dx, N).Clear();
                }

                return;
            }

            float scale = Scale * (RowScale == null ? 1 : RowScale[row]);
            float a = scale * (1 - Smoothing) * (Weights == null ? 1 : Weights[target]), b = scale * Smoothing / N;
            V share = V.All(a + (b * _weightSum)), shift = V.All(-LogSums[row]), even = V.All(-b);

            // What the target class had before: in place, x[t] is gone after the loop.
            float atTarget = MathF.Exp(x[target] - LogSums[row]) * (a + (b * _weightSum));
            atTarget = atTarget - a - (b * (Weights == null ? 1 : Weights[target])) + (Accumulate ? dx[target] : 0);
            for (int i = 0; i < N; i += V.Width)
            {
                int count = Math.Min(V.Width, N - i);
                V g = VecMath.Exp(V.LoadFirst(x + i, count) + shift) * share;
                g = Weights == null ? g + even : V.Fma(V.LoadFirst(Weights + i, count), even, g);
                g = Accumulate ? g + V.LoadFirst(dx + i, count) : g;
                V.StoreFirst(g, dx + i, count);
            }

            dx[target] = atTarget;
        }
    }
}
