using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Gradients divided by the root of their running mean square.</summary>
/// <remarks>
/// <para>d = g + decay · w; v ← αv + (1 − α)d²; a ← αa + (1 − α)d where centered; u = d / (√(v − a²) + ε), a = 0 where not centered;
/// b ← momentum · b + u; w ← w − rate · b. Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012;
/// centered as in Graves, Generating Sequences With Recurrent Neural Networks, 2013.</para>
/// <para>Differs from PyTorch: v − a², which rounding can make negative, is at least 0. Remembers v, b, a.</para>
/// </remarks>
/// <param name="rate">Learning rate; at least 0.</param>
/// <param name="alpha">Memory of the mean square; in [0, 1).</param>
/// <param name="epsilon">Added to the root; greater than 0.</param>
/// <param name="weightDecay">Pull towards 0, added to the gradient; at least 0.</param>
/// <param name="momentum">How much of the last direction is kept; in [0, 1).</param>
/// <param name="centered">Whether the squared mean is taken off the mean square.</param>
[Named("rmsprop")]
[Paper("Tieleman & Hinton, Lecture 6.5 - RMSProp, Neural Networks for Machine Learning, 2012", "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf")]
public sealed class RmsProp(float rate = 0.01f, double alpha = 0.99, float epsilon = 1e-8f, float weightDecay = 0, double momentum = 0, bool centered = false)
    : Optimizer(rate, weightDecay, slots: centered ? 3 : momentum == 0 ? 1 : 2)
{
    private readonly double _alpha = Check.Fraction(alpha);
    private readonly float _epsilon = Check.Positive(epsilon);
    private readonly double _momentum = Check.Fraction(momentum);

    /// <inheritdoc/>
    protected override bool IsAdaptive => true;

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        new RmsPropRule { Rate = run.Rate, Alpha = _alpha, Epsilon = _epsilon, Momentum = _momentum, WeightDecay = run.WeightDecay }
            .Step(run.Values, run.Gradients, run.Slot(0), centered ? run.Slot(2) : default, _momentum == 0 ? default : run.Slot(1));

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"RmsProp(rate: {Rate}, alpha: {_alpha}, momentum: {_momentum}{(centered ? ", centered" : "")}, weightDecay: {WeightDecay})");
}
