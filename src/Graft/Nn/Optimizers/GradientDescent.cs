using System.Globalization;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Plain gradient descent: w ← w − rate · g, with nothing remembered.</summary>
/// <remarks>A group's weight decay adds decay · w to the gradient.</remarks>
/// <param name="rate">Learning rate; at least 0.</param>
[Named("gradient-descent")]
public sealed class GradientDescent(float rate = 0.01f) : Optimizer(rate, weightDecay: 0, slots: 0)
{
    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        new SgdRule { Rate = run.Rate, WeightDecay = run.WeightDecay }.Step(run.Values, run.Gradients, default);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"GradientDescent(rate: {Rate})");
}
