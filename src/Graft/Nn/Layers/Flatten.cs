using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Joins all axes but the first into one, in the order of the shape: [B, C, H, W] becomes [B, C·H·W].</summary>
public sealed class Flatten : Module
{
    /// <param name="x">Shape [B, ...].</param>
    /// <returns>Shape [B, product of the rest].</returns>
    /// <exception cref="ShapeException"><paramref name="x"/> has no axes.</exception>
    public override Tensor Forward(Tensor x) => x.Rank == 0
        ? throw new ShapeException(ToString(), "input [B, ...]", x.Shape.ToString())
        : x.Flatten(1);

    /// <inheritdoc/>
    public override string ToString() => "Flatten";
}
