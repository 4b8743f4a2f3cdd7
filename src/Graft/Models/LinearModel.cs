using Graft.Data.Encoders;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>No layers of its own: the features are the flattened input, and heads on it are linear models.</summary>
[Named("linear")]
public sealed class LinearModel : Backbone
{
    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers => [];

    /// <param name="x">Shape [B, ...].</param>
    /// <returns>Shape [B, F].</returns>
    public override Tensor Forward(Tensor x) => x.Rank > 2 ? x.Flatten() : x;

    /// <inheritdoc/>
    public override string ToString() => "LinearModel";

    /// <inheritdoc/>
    protected override int MakeLayers(InputShape input) => WordTable.NoTokens(ToString(), input).Length;
}
