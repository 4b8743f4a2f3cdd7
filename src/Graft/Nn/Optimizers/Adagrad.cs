using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Gradients divided by the root of the sum of all their squares so far: rare features keep a high rate.</summary>
/// <remarks>d = g + decay · w; s ← s + d²; w ← w − rate / (1 + (t − 1) · rateDecay) · d / (√s + ε). Remembers s and t.</remarks>
/// <param name="rate">Learning rate; at least 0.</param>
/// <param name="rateDecay">How fast the rate falls with the number of updates t; at least 0.</param>
/// <param name="weightDecay">Pull towards 0, added to the gradient; at least 0.</param>
/// <param name="firstSum">The sum before the first update; at least 0.</param>
/// <param name="epsilon">Added to the root; greater than 0.</param>
[Named("adagrad")]
[Paper("Duchi, Hazan & Singer, Adaptive Subgradient Methods for Online Learning and Stochastic Optimization, JMLR 2011", "https://jmlr.org/papers/v12/duchi11a.html")]
public sealed class Adagrad(float rate = 0.01f, double rateDecay = 0, float weightDecay = 0, float firstSum = 0, float epsilon = 1e-10f)
    : Optimizer(rate, weightDecay, slots: 1)
{
    private readonly double _rateDecay = Check.NonNegative(rateDecay);
    private readonly float _firstSum = Check.NonNegative(firstSum);
    private readonly float _epsilon = Check.Positive(epsilon);

    /// <inheritdoc/>
    protected override float FirstValue(int slot) => _firstSum;

    /// <inheritdoc/>
    protected override bool IsAdaptive => true;

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        new AdagradRule { Rate = run.Rate, RateDecay = _rateDecay, Epsilon = _epsilon, Time = run.Update, WeightDecay = run.WeightDecay }
            .Step(run.Values, run.Gradients, run.Slot(0));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Adagrad(rate: {Rate}, rateDecay: {_rateDecay}, weightDecay: {WeightDecay})");
}
