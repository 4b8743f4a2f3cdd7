using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>A table with a learned row for each number of a vocabulary.</summary>
public sealed class Embedding : Module
{
    /// <param name="count">Rows of the table; at least 1.</param>
    /// <param name="width">Size of a row; at least 1.</param>
    /// <param name="initializer">First values. Left out: normal with deviation 1, as PyTorch has it.</param>
    public Embedding(int count, int width, Initializer? initializer = null)
    {
        Count = Check.AtLeast(1, count);
        Width = Check.AtLeast(1, width);
        Weight = new Parameter([count, width], initializer ?? Init.Normal());
    }

    /// <summary>Rows of the table.</summary>
    public int Count { get; }

    /// <summary>Size of a row.</summary>
    public int Width { get; }

    /// <summary>The table, shape [count, width].</summary>
    public Parameter Weight { get; }

    /// <param name="x">Integers of any shape I, each from 0 to <see cref="Count"/> - 1.</param>
    /// <returns>Shape [I..., width].</returns>
    /// <exception cref="ShapeException">These are no integers, or one lies outside the table.</exception>
    public override Tensor Forward(Tensor x) => x.ElementType == ElementType.Int32
        ? Weight.Value.IndexSelect(x)
        : throw new ShapeException(ToString(), $"integers from 0 to {Count - 1}", $"floating point numbers {x.Shape}", "ToInt() makes integers of them.");

    /// <inheritdoc/>
    public override string ToString() => $"Embedding({Count} x {Width})";
}
