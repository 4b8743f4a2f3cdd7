using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>The means of a fixed number of windows, whatever the size of the picture; with 1 the mean of the whole.</summary>
public sealed class AdaptiveAvgPool2d : Module
{
    private readonly Pair _size;

    /// <param name="size">Number of windows along height and width; at least 1.</param>
    public AdaptiveAvgPool2d(Pair size) => _size = Expect.AtLeast(1, size, nameof(size));

    /// <param name="x">Shape [B, C, H, W].</param>
    /// <returns>Shape [B, C, size].</returns>
    /// <exception cref="ShapeException">These are no pictures.</exception>
    public override Tensor Forward(Tensor x)
    {
        Expect.Pictures(this, x);
        return x.AdaptiveAvgPool2d(_size);
    }

    /// <inheritdoc/>
    public override string ToString() => $"AdaptiveAvgPool2d({_size})";
}
