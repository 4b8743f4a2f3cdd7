using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Elements times their logistic function: y = x / (1 + e⁻ˣ). Also called Swish.</summary>
[Paper("Elfwing, Uchibe & Doya, Sigmoid-Weighted Linear Units for Neural Network Function Approximation in Reinforcement Learning, Neural Networks 2018", "https://arxiv.org/abs/1702.03118")]
public sealed class Silu : Activation
{
    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.Silu();

    /// <inheritdoc/>
    public override string ToString() => "Silu";
}
