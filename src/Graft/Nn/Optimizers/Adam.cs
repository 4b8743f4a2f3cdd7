using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Adaptive moments: every parameter moves by its mean gradient over the root of its mean squared gradient.</summary>
/// <remarks>
/// <para>d = g + decay · w; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²; w ← w − rate · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).</para>
/// <para>Remembers m, v and the number of updates t of each parameter. Weight decay goes through the moments, as in PyTorch's Adam;
/// <see cref="AdamW"/> keeps it apart.</para>
/// </remarks>
/// <param name="rate">Learning rate; at least 0.</param>
/// <param name="beta1">Memory of the mean; in [0, 1).</param>
/// <param name="beta2">Memory of the mean square; in [0, 1).</param>
/// <param name="epsilon">Added to the root; greater than 0.</param>
/// <param name="weightDecay">Pull towards 0, added to the gradient; at least 0.</param>
[Named("adam")]
[Paper("Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015", "https://arxiv.org/abs/1412.6980")]
public sealed class Adam(float rate = 0.001f, double beta1 = 0.9, double beta2 = 0.999, float epsilon = 1e-8f, float weightDecay = 0)
    : Optimizer(rate, weightDecay, slots: 2)
{
    private readonly double _beta1 = Check.Fraction(beta1);
    private readonly double _beta2 = Check.Fraction(beta2);
    private readonly float _epsilon = Check.Positive(epsilon);

    /// <inheritdoc/>
    protected override bool IsAdaptive => true;

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        new AdamRule { Rate = run.Rate, Beta1 = _beta1, Beta2 = _beta2, Epsilon = _epsilon, Time = run.Update, WeightDecay = run.WeightDecay }
            .Step(run.Values, run.Gradients, run.Slot(0), run.Slot(1));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Adam(rate: {Rate}, beta1: {_beta1}, beta2: {_beta2}, weightDecay: {WeightDecay})");
}
