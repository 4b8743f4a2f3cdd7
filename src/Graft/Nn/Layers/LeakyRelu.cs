using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Negative elements become small: y = x for x > 0, else slope · x.</summary>
/// <param name="slope">Slope below 0; any finite number.</param>
public sealed class LeakyRelu(float slope = 0.01f) : Activation
{
    private readonly float _slope = Check.Within(float.MinValue, float.MaxValue, slope);

    /// <param name="x">Any shape.</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => x.LeakyRelu(_slope);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"LeakyRelu(slope: {_slope})");
}
