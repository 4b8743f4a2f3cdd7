using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;
using Graft.Tensors.Threading;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Cross-entropy between softmax of this tensor and targets, in one pass.</summary>
    /// <param name="targets">Integers [B] or [B, ...]: the class of each row, from 0 to C - 1, or <paramref name="ignoreIndex"/> to leave the row
    /// out. Or probabilities of this tensor's shape, which get no gradient; a row that holds NaN is left out.</param>
    /// <param name="classWeights">Shape [C], or absent: a factor for each class.</param>
    /// <param name="labelSmoothing">Share of the target that is spread evenly over all classes; in [0, 1).</param>
    /// <param name="ignoreIndex">The target that says: no label. PyTorch: -100.</param>
    /// <param name="reduction">With classes the mean is weighted by the class weights of the targets, as in PyTorch.</param>
    /// <returns>A scalar; with <see cref="Reduction.None"/> the shape without the axis of classes.</returns>
    /// <exception cref="ShapeException">Shapes do not fit, or a target is no class.</exception>
    /// <remarks>This tensor: scores of shape [B, C] or [B, C, ...]. Backward: softmax less the target, times weight and share. Keeps the scores and one
    /// number a row.</remarks>
    public Tensor CrossEntropy(
        Tensor targets, Tensor? classWeights = null, float labelSmoothing = 0, int ignoreIndex = -1, Reduction reduction = Reduction.Mean) =>
        CrossEntropyOperation.Apply(this, targets, classWeights, Check.Fraction(labelSmoothing), ignoreIndex, reduction);
}

internal sealed unsafe class CrossEntropyOperation : Operation
{
    private static readonly CrossEntropyOperation Instance = new();

    public override string Name => "CrossEntropy";

    public static Tensor Apply(Tensor scores, Tensor targets, Tensor? classWeights, float smoothing, int ignoreIndex, Reduction reduction)
    {
        Node x = Operand.Float(scores, "CrossEntropy");
        if (x.Shape.Rank < 2)
        {
            throw new ShapeException("CrossEntropy", "scores of shape [B, C] or [B, C, ...]", x.Shape.ToString());
        }

        bool isClass = targets.ElementType == ElementType.Int32;
        CheckTargets(x.Shape, targets, isClass);
        int classes = x.Shape[1];
        Node? weights = null;
        if (classWeights is { } given)
        {
            weights = Operand.Float(given.Contiguous(), "CrossEntropy");
            if (weights.Shape.Rank != 1 || weights.Count != classes)
            {
                throw new ShapeException("CrossEntropy", $"class weights of shape [{classes}]", weights.Shape.ToString());
            }
        }

        x = ClassesLast(scores).Node;
        Node t = isClass ? Operand.Integer(targets, "CrossEntropy") : ClassesLast(targets).Node;
        int rows = t.Count;
        if (isClass)
        {
            CheckClasses(t, classes, ignoreIndex);
        }
        else
        {
            rows = classes == 0 ? 0 : t.Count / classes;
        }

        Shape shape = reduction == Reduction.None ? Shape.Create(x.Shape.Sizes[..^1]) : Shape.Create([]);
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, x, t, weights);
        Node logSums = Tape.Current.New(Shape.Create([rows]), Shape.Create([rows]).RowMajor(), null);
        y.Saved = logSums;
        y.F0 = smoothing;
        y.I0 = ignoreIndex;
        y.I1 = reduction == Reduction.None ? 1 : 0;

        using var losses = new Scratch(reduction == Reduction.None ? 1 : rows);
        using var shares = new Scratch(rows);
        Job job = JobOf(y);
        job.Losses = reduction == Reduction.None ? y.Data : losses.Data;
        job.Shares = shares.Data;
        Run(ref job, rows);
        if (reduction != Reduction.None)
        {
            float share = Reduce.Total(shares.Data, rows);
            y.F1 = reduction == Reduction.Sum ? 1 : share == 0 ? 0 : 1 / share;
            *y.Data = Reduce.Total(losses.Data, rows) * y.F1;
        }

        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        Job job = JobOf(y);
        job.IsBackward = true;
        job.Add = x.BeginGrad();
        job.Gradient = x.Grad;
        Run(ref job, y.Saved!.Count);
    }

    private static void CheckTargets(in Shape scores, Tensor targets, bool isClass)
    {
        if (isClass)
        {
            Span<int> expected = stackalloc int[scores.Rank - 1];
            scores.Sizes[2..].CopyTo(expected[1..]);
            expected[0] = scores[0];
            if (!targets.Shape.Sizes.SequenceEqual(expected))
            {
                throw new ShapeException("CrossEntropy", $"targets of shape {Shape.Create(expected)} for scores {scores}", targets.Shape.ToString());
            }
        }
        else if (targets.Shape != scores)
        {
            throw new ShapeException("CrossEntropy", $"probabilities of shape {scores}", targets.Shape.ToString(), "Class numbers are integers.");
        }
        else if (targets.RequiresGrad)
        {
            throw new InvalidOperationException("CrossEntropy: expected targets that need no gradient, got some that do. Use Detach().");
        }
    }

    private static void CheckClasses(Node targets, int classes, int ignoreIndex)
    {
        int* t = (int*)targets.Data;
        for (int i = 0; i < targets.Count; i++)
        {
            if ((uint)t[i] >= (uint)classes && t[i] != ignoreIndex)
            {
                throw new ShapeException("CrossEntropy", $"targets from 0 to {classes - 1}, or {ignoreIndex} for none", $"{t[i]} at place {i}");
            }
        }
    }

    // Axis 1 moves to the end; costs nothing for [B, C] and for channels-last maps.
    private static Tensor ClassesLast(Tensor x)
    {
        int rank = x.Rank;
        if (rank == 2)
        {
            return x.Contiguous();
        }

        Span<int> axes = stackalloc int[rank];
        for (int i = 1; i < rank - 1; i++)
        {
            axes[i] = i + 1;
        }

        axes[^1] = 1;
        return x.Permute(axes).Contiguous();
    }

    private static Job JobOf(Node y) => new()
    {
        Scores = y.A!.Data,
        Classes = y.A.Shape[-1],
        Targets = y.B!.Type == ElementType.Int32 ? (int*)y.B.Data : null,
        Probabilities = y.B.Type == ElementType.Int32 ? null : y.B.Data,
        Weights = y.C is null ? null : y.C.Data,
        LogSums = y.Saved!.Data,
        Smoothing = y.F0,
        Ignore = y.I0,
        Upstream = y.HasGrad ? y.Grad : null,
        IsApart = y.I1 != 0,
        Scale = y.F1,
    };

    private static void Run(ref Job job, int rows)
    {
        job.Rows = rows;
        job.Together = Math.Max(1, Rows.Grain / Math.Max(1, job.Classes));
        int tasks = (rows + job.Together - 1) / job.Together;
        if (tasks == 1)
        {
            job.Run(0);
        }
        else
        {
            Team.For(tasks, ref job);
        }
    }

    private struct Job : IJob
    {
        public float* Scores;
        public int Classes;
        public int* Targets;
        public float* Probabilities;
        public float* Weights;
        public float* LogSums;
        public float Smoothing;
        public int Ignore;
        public int Rows;
        public int Together;

        // Forward.
        public float* Losses;
        public float* Shares;

        // Backward.
        public bool IsBackward;
        public bool Add;
        public bool IsApart;
        public float Scale;
        public float* Upstream;
        public float* Gradient;

        public readonly void Run(int task)
        {
            int last = Math.Min(Rows, (task + 1) * Together);
            for (int row = task * Together; row < last; row++)
            {
                if (IsBackward)
                {
                    Backward(row);
                }
                else
                {
                    Forward(row);
                }
            }
        }

        // With s the smoothing, w the weights and q the target smoothed: loss = sum over c of w_c q_c (log sum - x_c).
        private readonly void Forward(int row)
        {
            float* x = Scores + ((nint)row * Classes);
            float logSum = Width.Is512 ? LogSum<W512>(x, Classes) : Width.Is256 ? LogSum<W256>(x, Classes) : LogSum<W128>(x, Classes);
            LogSums[row] = logSum;
            if (IsMissing(row))
            {
                Losses[row] = Shares[row] = 0;
                return;
            }

            double loss = 0;
            if (Targets != null)
            {
                int target = Targets[row];
                float weight = Weights == null ? 1 : Weights[target];
                loss = (1.0 - Smoothing) * weight * ((double)logSum - x[target]);
                Shares[row] = weight;
            }
            else
            {
                Shares[row] = 1;
            }

            if (Targets == null || Smoothing > 0)
            {
                for (int c = 0; c < Classes; c++)
                {
                    double q = (Smoothing / Classes) + (Targets == null ? (1.0 - Smoothing) * Probabilities[((nint)row * Classes) + c] : 0);
                    loss += (Weights == null ? q : q * Weights[c]) * ((double)logSum - x[c]);
                }
            }

            Losses[row] = (float)loss;
        }

        // dx_c = g (softmax_c * sum of all w q - w_c q_c).
        private readonly void Backward(int row)
        {
            float* x = Scores + ((nint)row * Classes), dx = Gradient + ((nint)row * Classes);
            if (IsMissing(row))
            {
                if (!Add)
                {
                    new Span<float>(dx, Classes).Clear();
                }

                return;
            }

            float g = IsApart ? Upstream[row] : *Upstream * Scale;
            int target = Targets == null ? -1 : Targets[row];
            float onTarget = target < 0 ? 0 : (1 - Smoothing) * (Weights == null ? 1 : Weights[target]);
            float even = Smoothing / Classes, total = onTarget;
            float* p = Targets == null ? Probabilities + ((nint)row * Classes) : null;
            bool isSpread = p != null || even > 0;
            for (int c = 0; c < Classes && isSpread; c++)
            {
                total += Spread(p, even, c);
            }

            if (!Add)
            {
                new Span<float>(dx, Classes).Clear();
            }

            float scale = g * total;
            if (Width.Is512)
            {
                AddSoftmax<W512>(x, dx, LogSums[row], scale, Classes);
            }
            else if (Width.Is256)
            {
                AddSoftmax<W256>(x, dx, LogSums[row], scale, Classes);
            }
            else
            {
                AddSoftmax<W128>(x, dx, LogSums[row], scale, Classes);
            }

            for (int c = 0; c < Classes && isSpread; c++)
            {
                dx[c] -= g * Spread(p, even, c);
            }

            if (target >= 0)
            {
                dx[target] -= g * onTarget;
            }
        }

        private readonly float Spread(float* p, float even, int c)
        {
            float q = p == null ? even : even + ((1 - Smoothing) * p[c]);
            return Weights == null ? q : q * Weights[c];
        }

        private readonly bool IsMissing(int row)
        {
            if (Targets != null)
            {
                return Targets[row] == Ignore;
            }

            float* p = Probabilities + ((nint)row * Classes);
            for (int c = 0; c < Classes; c++)
            {
                if (float.IsNaN(p[c]))
                {
                    return true;
                }
            }

            return false;
        }

        // log(sum of exp(x - max)) + max; the tail is read into lanes that hold -inf, which add nothing.
        private static float LogSum<V>(float* x, int n)
            where V : struct, IVec<V>
        {
            float* tail = stackalloc float[V.Width];
            V.Store(V.All(float.NegativeInfinity), tail);
            int whole = n - (n % V.Width);
            for (int i = whole; i < n; i++)
            {
                tail[i - whole] = x[i];
            }

            V rest = V.Load(tail), top = rest;
            for (int i = 0; i < whole; i += V.Width)
            {
                top = V.Max(top, V.Load(x + i));
            }

            float most = V.HorizontalMax(top);
            V shift = V.All(most);
            V sum = VecMath.Exp(rest - shift);
            for (int i = 0; i < whole; i += V.Width)
            {
                sum += VecMath.Exp(V.Load(x + i) - shift);
            }

            return most + MathF.Log(V.Sum(sum));
        }

        private static void AddSoftmax<V>(float* x, float* dx, float logSum, float scale, int n)
            where V : struct, IVec<V>
        {
            V shift = V.All(logSum), factor = V.All(scale);
            int i = 0;
            for (; i <= n - V.Width; i += V.Width)
            {
                V.Store(V.Fma(VecMath.Exp(V.Load(x + i) - shift), factor, V.Load(dx + i)), dx + i);
            }

            if (i < n)
            {
                V.StoreFirst(V.Fma(VecMath.Exp(V.LoadFirst(x + i, n - i) - shift), factor, V.LoadFirst(dx + i, n - i)), dx + i, n - i);
            }
        }
    }
}
