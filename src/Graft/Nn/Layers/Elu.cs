using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Negative elements bend towards a floor: y = x for x > 0, else alpha · (eˣ − 1).</summary>
/// <param name="alpha">The floor is −alpha; at least 0.</param>
[Paper("Clevert, Unterthiner & Hochreiter, Fast and Accurate Deep Network Learning by Exponential Linear Units, ICLR 2016", "https://arxiv.org/abs/1511.07289")]
public sealed class Elu(float alpha = 1) : Activation
{
    private readonly float _alpha = Check.NonNegative(alpha);

    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Elu(_alpha);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Elu(alpha: {_alpha})");
}
