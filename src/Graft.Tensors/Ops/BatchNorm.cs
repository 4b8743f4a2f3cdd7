using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Normalizes each channel: y = weight (x - mean) / sqrt(variance + epsilon) + bias, then max(y, 0) where wished.</summary>
    /// <param name="runningMean">Shape [C], kept by the caller: used where <paramref name="training"/> is off, moved towards the batch's where it is on.</param>
    /// <param name="runningVariance">Shape [C]; likewise. It is moved towards the unbiased variance, as in PyTorch.</param>
    /// <param name="weight">Shape [C], or absent: 1.</param>
    /// <param name="bias">Shape [C], or absent: 0.</param>
    /// <param name="training">Whether mean and variance are those of the batch, over every axis but 1.</param>
    /// <param name="momentum">Share of the batch in the running statistics; in [0, 1].</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <param name="relu">Whether negative results become 0, in the same pass.</param>
    /// <returns>Same shape, channels last in memory.</returns>
    /// <exception cref="ShapeException">Sizes do not fit, or in training there is only one value a channel.</exception>
    /// <remarks>This tensor: [B, C] or [B, C, ...]. Backward: also through the batch's mean and variance. Keeps x and two numbers a channel.</remarks>
    public Tensor BatchNorm(
        Tensor runningMean, Tensor runningVariance, Tensor? weight = null, Tensor? bias = null, bool training = true,
        float momentum = 0.1f, float epsilon = 1e-5f, bool relu = false) =>
        BatchNorm(runningMean, runningVariance, weight, bias, training, momentum, epsilon, relu ? Rectifier.Relu : Rectifier.None);

    /// <summary>Normalizes each channel, adds something and clips the result, all in one pass: y = act(weight (x - mean) / sqrt(variance + epsilon) + bias + residual).</summary>
    /// <param name="runningMean">Shape [C], kept by the caller: used where <paramref name="training"/> is off, moved towards the batch's where it is on.</param>
    /// <param name="runningVariance">Shape [C]; likewise. It is moved towards the unbiased variance, as in PyTorch.</param>
    /// <param name="weight">Shape [C], or absent: 1.</param>
    /// <param name="bias">Shape [C], or absent: 0.</param>
    /// <param name="training">Whether mean and variance are those of the batch, over every axis but 1.</param>
    /// <param name="momentum">Share of the batch in the running statistics; in [0, 1].</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <param name="rectifier">What becomes of the results.</param>
    /// <param name="residual">The shape of this tensor, or absent: 0.</param>
    /// <returns>Same shape, channels last in memory.</returns>
    /// <exception cref="ShapeException">Sizes do not fit, or in training there is only one value a channel.</exception>
    /// <remarks>This tensor: [B, C] or [B, C, ...]. Backward: also through the batch's mean and variance, and to the residual. Keeps x and two numbers a channel, and y with a
    /// residual and a rectifier: without one, what was clipped is computed again.</remarks>
    public Tensor BatchNorm(
        Tensor runningMean, Tensor runningVariance, Tensor? weight, Tensor? bias, bool training, float momentum, float epsilon,
        Rectifier rectifier, Tensor? residual = null) =>
        BatchNormOperation.Apply(
            this, runningMean, runningVariance, weight, bias, training, Check.Within(0, 1, momentum), Check.Positive(epsilon), rectifier, residual);
}

internal sealed unsafe class BatchNormOperation : Operation
{
    private static readonly BatchNormOperation Instance = new();

    public override string Name => "BatchNorm";

    public static Tensor Apply(
        Tensor input, Tensor runningMean, Tensor runningVariance, Tensor? weight, Tensor? bias, bool training, float momentum, float epsilon,
        Rectifier rectifier, Tensor? residual)
    {
        if (Tape.Current.Trace is not null && (residual is not null || rectifier == Rectifier.Relu6))
        {
            // Who listens is told of each part: the same bits.
            Tensor plain = Apply(input, runningMean, runningVariance, weight, bias, training, momentum, epsilon, Rectifier.None, null);
            return rectifier.Apply(residual is { } added ? plain + added : plain);
        }

        Node x = PictureLayout.RowsOfChannels(input, "BatchNorm");
        int channels = x.Shape[1], rows = channels == 0 ? 0 : x.Count / channels;
        Node mean = NormParts.Vector(runningMean, channels, "BatchNorm", "running means"), variance = NormParts.Vector(runningVariance, channels, "BatchNorm", "running variances");
        Node? w = NormParts.Optional(weight, channels, "BatchNorm", "weights"), b = NormParts.Optional(bias, channels, "BatchNorm", "biases");
        if (training && rows < 2)
        {
            throw new ShapeException(
                $"BatchNorm({channels})", "at least two values a channel in training", x.Shape.ToString(), "Drop a last batch of one row, or make batches larger.");
        }

        Node? r = residual is { } plus ? Residual(plus, x) : null;
        Node y = Tape.Current.New(x.Shape, x.Strides, Instance, x, w, b);
        if (r is not null)
        {
            Tape.Current.AddParents(y, [r], Instance);
        }

        Shape pair = [2, channels];
        Node used = Tape.Current.New(pair, pair.RowMajor(), null);
        y.Saved = used;
        y.I0 = training ? 1 : 0;
        y.I1 = (int)rectifier.Activation();
        float* m = used.Data, inverse = used.Data + channels;
        if (training)
        {
            NormBatch.Statistics(rows, channels, x.Data, m, inverse);
            MoveRunning(mean, variance, m, inverse, rows, momentum, epsilon);
        }
        else
        {
            for (int c = 0; c < channels; c++)
            {
                m[c] = mean.Data[c];
                inverse[c] = 1 / MathF.Sqrt(variance.Data[c] + epsilon);
            }
        }

        NormBatch.Forward(rows, channels, x.Data, m, inverse, NormParts.Data(w), NormParts.Data(b), NormParts.Data(r), rectifier.Activation(), y.Data);
        Tape.Current.Trace?.Note("BatchNorm", y, [x, w, b, mean, variance], ("training", training), ("epsilon", epsilon), ("relu", rectifier == Rectifier.Relu));
        return new Tensor(y);
    }

    /// <summary>Moves running statistics towards those of a batch, and makes its variances inverse deviations.</summary>
    /// <param name="mean">Running means.</param>
    /// <param name="variance">Running variances.</param>
    /// <param name="batch">Means of the batch.</param>
    /// <param name="inverse">Variances of the batch; 1 / sqrt(variance + epsilon) afterwards.</param>
    /// <param name="rows">Values a channel; at least 2.</param>
    /// <param name="momentum">Share of the batch.</param>
    /// <param name="epsilon">Added to variances.</param>
    internal static void MoveRunning(Node mean, Node variance, float* batch, float* inverse, nint rows, float momentum, float epsilon)
    {
        float unbias = rows / (rows - 1f);
        for (int c = 0; c < mean.Count; c++)
        {
            mean.Data[c] += momentum * (batch[c] - mean.Data[c]);
            variance.Data[c] += momentum * ((inverse[c] * unbias) - variance.Data[c]);
            inverse[c] = 1 / MathF.Sqrt(inverse[c] + epsilon);
        }

        mean.Wrote();
        variance.Wrote();
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, used = y.Saved!;
        Node? r = y.MoreCount > 0 ? y.More![0] : null;
        var activation = (Activation)y.I1;
        int channels = x.Shape[1];
        bool addParts = NormParts.Open(y.B, y.C, out float* dw, out float* db);

        // Without a residual this op is the last that reads the gradient of its result: that of x can be written over it.
        float* dy = y.Grad, dx = null;
        bool add = false, goesOn = r is { RequiresGrad: true };
        if (x.RequiresGrad)
        {
            add = (goesOn || !x.TakeGradOf(y)) && x.BeginGrad();
            dx = x.Grad;
        }

        NormBatch.Backward(
            x.Count / channels, channels, x.Data, dy, activation, r is null || activation == Activation.None ? null : y.Data, used.Data, used.Data + channels,
            NormParts.Data(y.B), NormParts.Data(y.C), y.I0 != 0, dx, add, dw, db, addParts);
        if (goesOn && !r!.TakeGradOf(y))
        {
            bool addResidual = r.BeginGrad();
            Copy.Run(dy, y.Shape, y.Strides, r.Grad, r.Strides, addResidual);
        }
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, used = y.Saved!;
        int channels = x.Shape[1], rows = x.Count / channels;
        float* mean = used.Data, inverse = mean + channels, residual = null;
        y.BeginGrad();
        if (x.RequiresGrad)
        {
            // The matrix of derivatives by x is symmetric.
            NormBatch.Backward(
                rows, channels, x.Data, x.Grad, Activation.None, null, mean, inverse, NormParts.Data(y.B), null, y.I0 != 0, y.Grad, false, null, null, false);
            residual = y.Grad;
        }

        if (y.MoreCount > 0 && y.More![0] is { RequiresGrad: true } r)
        {
            Copy.Run(r.Grad, r.Shape, r.Strides, y.Grad, y.Strides, accumulate: residual != null);
            residual = y.Grad;
        }

        bool hasW = y.B is { RequiresGrad: true }, hasB = y.C is { RequiresGrad: true };
        if (hasW || hasB)
        {
            using var zeros = new Scratch(channels);
            new Span<float>(zeros.Data, channels).Clear();
            NormBatch.Forward(
                rows, channels, x.Data, mean, inverse, hasW ? y.B!.Grad : zeros.Data, hasB ? y.C!.Grad : zeros.Data, residual, Activation.None, y.Grad);
        }

        if (y.I1 != 0)
        {
            RectifierMask.Apply(y, (Activation)y.I1);
        }
    }

    // Laid out as x is.
    private static Node Residual(Tensor residual, Node x)
    {
        Node r = PictureLayout.RowsOfChannels(residual, "BatchNorm");
        return r.Shape == x.Shape ? r : throw new ShapeException($"BatchNorm({x.Shape[1]})", $"a residual of shape {x.Shape}", r.Shape.ToString());
    }
}

/// <summary>Weights and biases of normalizations.</summary>
internal static unsafe class NormParts
{
    public static float* Data(Node? part) => part is null ? null : part.Data;

    public static Node? Optional(Tensor? part, int count, string operation, string what) =>
        part is { } given ? Vector(given, count, operation, what) : null;

    public static Node Vector(Tensor part, int count, string operation, string what)
    {
        Node node = Operand.Float(part, operation);
        if (node.Shape.Rank != 1 || node.Count != count)
        {
            throw new ShapeException($"{operation}({count})", $"{what} of shape [{count}]", node.Shape.ToString());
        }

        return node.IsContiguous ? node : part.Contiguous().Node;
    }

    /// <summary>Opens the gradients of weight and bias, where they need one, so that both are either written or added to.</summary>
    /// <returns>Whether to add.</returns>
    public static bool Open(Node? weight, Node? bias, out float* dw, out float* db)
    {
        bool hasW = weight is { RequiresGrad: true }, hasB = bias is { RequiresGrad: true };
        bool addW = hasW && weight!.BeginGrad(), addB = hasB && bias!.BeginGrad();
        dw = hasW ? weight!.Grad : null;
        db = hasB ? bias!.Grad : null;
        if (hasW && hasB && addW != addB)
        {
            Node fresh = addW ? bias! : weight!;
            new Span<float>(fresh.Grad, fresh.Count).Clear();
        }

        return addW || addB;
    }

    /// <summary>The directional derivative of a normalization over rows: that of the normalized x is in place where x has one.</summary>
    /// <param name="y">The op's result, rows of n numbers in memory.</param>
    /// <param name="x">What was normalized, likewise.</param>
    /// <param name="moves">Whether that has a derivative.</param>
    /// <param name="n">Numbers in a row; weight and bias have as many.</param>
    /// <param name="rowsTogether">Rows that share mean and inverse deviation.</param>
    /// <param name="groups">Parts of a row with a mean and an inverse deviation each.</param>
    /// <param name="mean">For each set of rows and part one.</param>
    /// <param name="inverse">Likewise.</param>
    public static void Tangent(Node y, float* x, bool moves, int n, int rowsTogether, int groups, float* mean, float* inverse)
    {
        float* w = Data(y.B), dw = y.B is { RequiresGrad: true } weight ? weight.Grad : null, db = y.C is { RequiresGrad: true } bias ? bias.Grad : null;
        int rows = n == 0 ? 0 : y.Count / n, part = n / groups;
        for (int row = 0; row < rows; row++)
        {
            for (int j = 0; j < n; j++)
            {
                nint at = ((nint)row * n) + j;
                int set = (row / rowsTogether * groups) + (j / part);
                float value = moves ? y.Grad[at] : 0;
                value *= w == null ? 1 : w[j];
                value += dw == null ? 0 : dw[j] * (x[at] - mean[set]) * inverse[set];
                y.Grad[at] = value + (db == null ? 0 : db[j]);
            }
        }
    }
}
