using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>Squared near the target, linear far from it: outliers pull no harder than delta.</summary>
/// <remarks>½d² up to a distance d of delta, then delta · (d − delta / 2), averaged. Output and target of one shape; NaN in the target says: missing.</remarks>
/// <param name="delta">Where the square ends; greater than 0.</param>
[Named("huber")]
[Paper("Huber, Robust Estimation of a Location Parameter, Annals of Mathematical Statistics 1964", "https://doi.org/10.1214/aoms/1177703732")]
public sealed class HuberLoss(float delta = 1) : Loss
{
    private readonly float _delta = Check.Positive(delta);

    /// <inheritdoc/>
    public override Tensor Apply(Tensor output, Tensor target) => output.HuberLoss(target, _delta);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"HuberLoss(delta: {_delta})");
}
