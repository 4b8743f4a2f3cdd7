using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Normalizes each row by its own mean and variance; a row is the last axis, or several of the last.</summary>
[Paper("Ba, Kiros & Hinton, Layer Normalization, 2016", "https://arxiv.org/abs/1607.06450")]
public sealed class LayerNorm : Module
{
    private readonly float _epsilon;

    /// <param name="shape">The shape of a row: at least one axis.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <param name="affine">Whether a factor and a shift of each element are learned.</param>
    public LayerNorm(Shape shape, float epsilon = 1e-5f, bool affine = true)
    {
        Check.AtLeast(1, shape.Rank, nameof(shape));
        RowShape = shape;
        _epsilon = Check.Positive(epsilon);
        Weight = affine ? new Parameter(shape, Init.Ones) : null;
        Bias = affine ? new Parameter(shape, Init.Zeros) : null;
    }

    /// <param name="features">Size of the last axis; at least 1.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <param name="affine">Whether a factor and a shift of each element are learned.</param>
    public LayerNorm(int features, float epsilon = 1e-5f, bool affine = true)
        : this(Shape.Create([Check.AtLeast(1, features)]), epsilon, affine)
    {
    }

    /// <summary>The shape of a row.</summary>
    public Shape RowShape { get; }

    /// <summary>The factor of each element, the shape of a row, or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>The shift of each element, the shape of a row, or null.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Shape [..., row].</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ShapeException">The last axes are not <see cref="RowShape"/>.</exception>
    public override Tensor Forward(Tensor x)
    {
        CheckRows(x);
        return x.LayerNorm(Weight?.Value, Bias?.Value, RowShape.Rank, _epsilon);
    }

    /// <summary>The same of a sum that need not be formed before.</summary>
    /// <param name="x">Shape [..., row].</param>
    /// <param name="residual">Added to it; the same shape.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ShapeException">The last axes are not <see cref="RowShape"/>, or the shapes differ.</exception>
    public Tensor Forward(Tensor x, Tensor residual)
    {
        CheckRows(x);
        return x.AddLayerNorm(residual, Weight?.Value, Bias?.Value, RowShape.Rank, _epsilon);
    }

    /// <inheritdoc/>
    public override string ToString() => $"LayerNorm({RowShape})";

    private void CheckRows(Tensor x)
    {
        if (x.Rank < RowShape.Rank || !x.Shape.Sizes[^RowShape.Rank..].SequenceEqual(RowShape.Sizes))
        {
            string row = RowShape.ToString()[1..];
            throw new ShapeException(ToString(), $"input [..., {row}", x.Shape.ToString(), "The last axes must be those that the layer was made for.");
        }
    }
}
