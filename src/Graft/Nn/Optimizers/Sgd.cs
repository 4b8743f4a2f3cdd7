using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Stochastic gradient descent with momentum, Nesterov's look ahead, and weight decay.</summary>
/// <remarks>
/// <para>d = g + decay · w; b ← momentum · b + (1 − dampening) · d, at the first update b = d; w ← w − rate · b, or with Nesterov
/// w ← w − rate · (d + momentum · b). As in PyTorch, the rate stands outside the momentum.</para>
/// <para>Remembers b.</para>
/// </remarks>
[Named("sgd")]
[Paper("Sutskever, Martens, Dahl & Hinton, On the importance of initialization and momentum in deep learning, ICML 2013", "https://proceedings.mlr.press/v28/sutskever13.html")]
public sealed class Sgd : Optimizer
{
    private readonly double _momentum;
    private readonly double _dampening;
    private readonly bool _nesterov;

    /// <param name="rate">Learning rate; at least 0.</param>
    /// <param name="momentum">How much of the last direction is kept; in [0, 1).</param>
    /// <param name="nesterov">Whether the gradient is corrected as if the momentum had been followed already; needs momentum and no dampening.</param>
    /// <param name="weightDecay">Pull towards 0, added to the gradient; at least 0.</param>
    /// <param name="dampening">How much of each new gradient is left out of the momentum; from 0 to 1.</param>
    public Sgd(float rate = 0.01f, double momentum = 0, bool nesterov = false, float weightDecay = 0, double dampening = 0)
        : base(rate, weightDecay, slots: momentum == 0 ? 0 : 1)
    {
        _momentum = Check.Fraction(momentum);
        _dampening = Check.Within(0.0, 1.0, dampening);
        _nesterov = nesterov;
        if (nesterov && (momentum == 0 || dampening != 0))
        {
            throw new ArgumentException("nesterov: expected momentum > 0 and dampening = 0, got " +
                string.Create(CultureInfo.InvariantCulture, $"momentum {momentum} and dampening {dampening}."), nameof(nesterov));
        }
    }

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        new SgdRule { Rate = run.Rate, Momentum = _momentum, Dampening = _dampening, Nesterov = _nesterov, WeightDecay = run.WeightDecay, First = run.Update == 1 }
            .Step(run.Values, run.Gradients, _momentum == 0 ? default : run.Slot(0));

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"Sgd(rate: {Rate}, momentum: {_momentum}{(_nesterov ? ", nesterov" : "")}, weightDecay: {WeightDecay})");
}
