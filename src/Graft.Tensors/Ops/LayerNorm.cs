using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Normalizes each row, a row being the last axes: y = weight (x - mean) / sqrt(variance + epsilon) + bias.</summary>
    /// <param name="weight">The shape of a row, or absent: 1.</param>
    /// <param name="bias">The shape of a row, or absent: 0.</param>
    /// <param name="axes">How many of the last axes make up a row; at least 1.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <returns>Same shape.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>Backward: also through mean and variance. Keeps x and two numbers a row.</remarks>
    public Tensor LayerNorm(Tensor? weight = null, Tensor? bias = null, int axes = 1, float epsilon = 1e-5f) =>
        LayerNormOperation.Apply(this, null, weight, bias, Check.AtLeast(1, axes), Check.Positive(epsilon));

    /// <summary><see cref="LayerNorm"/> of the sum of this tensor and another, in one pass both ways.</summary>
    /// <param name="residual">Same shape.</param>
    /// <param name="weight">The shape of a row, or absent: 1.</param>
    /// <param name="bias">The shape of a row, or absent: 0.</param>
    /// <param name="axes">How many of the last axes make up a row; at least 1.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <returns>Same shape.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>Backward: one gradient, which goes to both. Keeps the sum and two numbers a row.</remarks>
    public Tensor AddLayerNorm(Tensor residual, Tensor? weight = null, Tensor? bias = null, int axes = 1, float epsilon = 1e-5f)
    {
        Check.AtLeast(1, axes);
        Check.Positive(epsilon);
        return Tape.Current.Trace is null && LayerNormOperation.Fits(this, residual)
            ? LayerNormOperation.Apply(this, residual, weight, bias, axes, epsilon)
            : LayerNormOperation.Apply(this + residual, null, weight, bias, axes, epsilon);
    }
}

internal sealed unsafe class LayerNormOperation : Operation
{
    private static readonly LayerNormOperation Instance = new();

    public override string Name => "LayerNorm";

    /// <summary>Whether a sum need not be formed before: both lie alike, and a gradient of both can be written in one pass.</summary>
    public static bool Fits(Tensor input, Tensor residual)
    {
        Node x = Operand.Float(input, "LayerNorm"), r = Operand.Float(residual, "LayerNorm");
        return x.Shape == r.Shape && x.IsContiguous && r.IsContiguous && (x.Root != r.Root || x.Data == r.Data);
    }

    public static Tensor Apply(Tensor input, Tensor? residual, Tensor? weight, Tensor? bias, int axes, float epsilon)
    {
        Operand.Float(input, "LayerNorm");
        if (axes > input.Rank)
        {
            throw new ShapeException("LayerNorm", $"input with at least {axes} axes", input.Shape.ToString());
        }

        var row = Shape.Create(input.Shape.Sizes[^axes..]);
        Node? w = Part(weight, row), b = Part(bias, row);
        Node x = input.Contiguous().Node;
        int n = row.Count, rows = n == 0 ? 0 : x.Count / n;
        Node y = Tape.Current.New(x.Shape, x.Shape.RowMajor(), Instance, x, w, b);
        if (residual is { } added)
        {
            // At once: making a tensor may part those that need no gradient from their parents.
            Tape.Current.AddParents(y, [added.Node], Instance);
        }

        Shape pair = [2, rows];
        Node used = Tape.Current.New(pair, pair.RowMajor(), null);
        y.Saved2 = used;
        y.I0 = n;
        float* sum = y.Data;
        if (residual is not null && y.RequiresGrad)
        {
            y.Saved = Tape.Current.New(x.Shape, x.Shape.RowMajor(), null);
            sum = y.Saved.Data;
        }

        NormLayer.Forward(
            rows, n, x.Data, NormParts.Data(w), NormParts.Data(b), epsilon, y.Data, used.Data, used.Data + rows, residual is null ? null : y.More![0].Data, sum);
        Tape.Current.Trace?.Note("LayerNorm", y, [x, w, b], ("axes", axes), ("epsilon", epsilon));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, used = y.Saved2!;
        Node? r = Residual(y);
        int n = y.I0, rows = used.Shape[1];
        bool addParts = NormParts.Open(y.B, y.C, out float* dw, out float* db);

        // This op is the last that reads the gradient of its result: that of x can be written over it.
        float* dy = y.Grad;
        bool add = x.RequiresGrad && !x.TakeGradOf(y) && x.BeginGrad(), addResidual = r is not null && r.BeginGrad();
        NormLayer.Backward(
            rows, n, Normalized(y), dy, NormParts.Data(y.B), used.Data, used.Data + rows,
            x.RequiresGrad ? x.Grad : null, add, dw, db, addParts, r is null ? null : r.Grad, addResidual);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, used = y.Saved2!;
        Node? r = Residual(y);
        int n = y.I0, rows = used.Shape[1];
        y.BeginGrad();
        if (x.RequiresGrad)
        {
            Copy.Run(x.Grad, x.Shape, x.Strides, y.Grad, y.Strides, accumulate: false);
        }

        if (r is not null)
        {
            Copy.Run(r.Grad, r.Shape, r.Strides, y.Grad, y.Strides, accumulate: x.RequiresGrad);
        }

        bool moves = x.RequiresGrad || r is not null;
        if (moves)
        {
            NormLayer.Backward(rows, n, Normalized(y), y.Grad, null, used.Data, used.Data + rows, y.Grad, false, null, null, false);
        }

        NormParts.Tangent(y, Normalized(y), moves, n, 1, 1, used.Data, used.Data + rows);
    }

    // What was added to x, where it needs a gradient.
    private static Node? Residual(Node y) => y.MoreCount > 0 && y.More![0].RequiresGrad ? y.More[0] : null;

    // What was normalized: x, or the sum.
    private static float* Normalized(Node y) => y.Saved is null ? y.A!.Data : y.Saved.Data;

    private static Node? Part(Tensor? part, in Shape row)
    {
        if (part is not { } given)
        {
            return null;
        }

        Node node = Operand.Float(given, "LayerNorm");
        if (node.Shape != row)
        {
            throw new ShapeException($"LayerNorm({row})", $"weights and biases of shape {row}", node.Shape.ToString());
        }

        return node.IsContiguous ? node : given.Contiguous().Node;
    }
}
