using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Adam with weight decay apart from the moments: w ← (1 − rate · decay) · w before each step of Adam.</summary>
/// <remarks>As in PyTorch, the decay is multiplied with the scheduled learning rate. Remembers what <see cref="Adam"/> remembers.</remarks>
/// <param name="rate">Learning rate; at least 0.</param>
/// <param name="beta1">Memory of the mean; in [0, 1).</param>
/// <param name="beta2">Memory of the mean square; in [0, 1).</param>
/// <param name="epsilon">Added to the root; greater than 0.</param>
/// <param name="weightDecay">Share of each value that is lost in a step, before the learning rate; at least 0.</param>
[Named("adamw")]
[Paper("Loshchilov & Hutter, Decoupled Weight Decay Regularization, ICLR 2019", "https://arxiv.org/abs/1711.05101")]
public sealed class AdamW(float rate = 0.001f, double beta1 = 0.9, double beta2 = 0.999, float epsilon = 1e-8f, float weightDecay = 0.01f)
    : Optimizer(rate, weightDecay, slots: 2)
{
    private readonly double _beta1 = Check.Fraction(beta1);
    private readonly double _beta2 = Check.Fraction(beta2);
    private readonly float _epsilon = Check.Positive(epsilon);

    /// <inheritdoc/>
    protected override bool IsAdaptive => true;

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        new AdamRule { Rate = run.Rate, Beta1 = _beta1, Beta2 = _beta2, Epsilon = _epsilon, Time = run.Update, WeightDecay = run.WeightDecay, Decoupled = true }
            .Step(run.Values, run.Gradients, run.Slot(0), run.Slot(1));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"AdamW(rate: {Rate}, beta1: {_beta1}, beta2: {_beta2}, weightDecay: {WeightDecay})");
}
