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
        LayerNormOperation.Apply(this, weight, bias, Check.AtLeast(1, axes), Check.Positive(epsilon));
}

internal sealed unsafe class LayerNormOperation : Operation
{
    private static readonly LayerNormOperation Instance = new();

    public override string Name => "LayerNorm";

    public static Tensor Apply(Tensor input, Tensor? weight, Tensor? bias, int axes, float epsilon)
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
        Shape pair = [2, rows];
        Node used = Tape.Current.New(pair, pair.RowMajor(), null);
        y.Saved = used;
        y.I0 = n;
        NormLayer.Forward(rows, n, x.Data, NormParts.Data(w), NormParts.Data(b), epsilon, y.Data, used.Data, used.Data + rows);
        Tape.Current.Trace?.Note("LayerNorm", y, [x, w, b], ("axes", axes), ("epsilon", epsilon));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, used = y.Saved!;
        int n = y.I0, rows = used.Shape[1];
        bool addParts = NormParts.Open(y.B, y.C, out float* dw, out float* db);
        bool add = x.RequiresGrad && x.BeginGrad();
        NormLayer.Backward(
            rows, n, x.Data, y.Grad, NormParts.Data(y.B), used.Data, used.Data + rows,
            x.RequiresGrad ? x.Grad : null, add, dw, db, addParts);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, used = y.Saved!;
        int n = y.I0, rows = used.Shape[1];
        y.BeginGrad();
        if (x.RequiresGrad)
        {
            NormLayer.Backward(rows, n, x.Data, x.Grad, null, used.Data, used.Data + rows, y.Grad, false, null, null, false);
        }

        NormParts.Tangent(y, n, 1, 1, used.Data, used.Data + rows);
    }

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
