using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>A straight line in place of the logistic function: y = min(max(slope · x + shift, 0), 1).</summary>
/// <param name="slope">Slope of the line; any finite number.</param>
/// <param name="shift">Its value at 0; any finite number.</param>
public sealed class HardSigmoid(float slope = 1 / 6f, float shift = 0.5f) : Activation
{
    private readonly float _slope = Check.Within(float.MinValue, float.MaxValue, slope);
    private readonly float _shift = Check.Within(float.MinValue, float.MaxValue, shift);

    /// <param name="x">Any shape.</param>
    /// <returns>The same shape; values in [0, 1].</returns>
    public override Tensor Forward(Tensor x) => x.HardSigmoid(_slope, _shift);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"HardSigmoid(slope: {_slope}, shift: {_shift})");
}
