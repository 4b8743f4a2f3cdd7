namespace Graft.Data.Encoders;

/// <summary>The scales of all features side by side, for rows and for steps of sequences.</summary>
internal sealed class FeatureScales
{
    private readonly float[] _fill;
    private readonly double[] _center, _perScale;

    public FeatureScales(IReadOnlyList<NumberScaler> scalers)
    {
        Tensors.Check.AtLeast(1, scalers.Count, nameof(scalers));
        _center = [.. scalers.Select(s => s.Center)];
        _perScale = [.. scalers.Select(s => 1 / s.Scale)];
        _fill = [.. scalers.Select(s => (float)s.Fill)];
    }

    /// <summary>Scales values of any whole number of rows; both spans are equally long.</summary>
    public void Apply(ReadOnlySpan<float> values, Span<float> destination)
    {
        for (int start = 0; start < values.Length; start += _center.Length)
        {
            for (int f = 0; f < _center.Length; f++)
            {
                float value = values[start + f];
                destination[start + f] = (float)(((float.IsNaN(value) ? _fill[f] : value) - _center[f]) * _perScale[f]);
            }
        }
    }
}
