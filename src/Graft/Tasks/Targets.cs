using Graft.Data.Loading;

namespace Graft.Tasks;

/// <summary>The truths of a data set for one task, as losses and metrics read them.</summary>
public sealed class Targets
{
    private readonly int[] _labels;
    private readonly float[] _values, _raw;

    internal Targets(TargetEncoder encoder, int count, int[] labels, float[] values, float[] raw, IReadOnlyList<string> notices)
    {
        Encoder = encoder;
        Count = count;
        _labels = labels;
        _values = values;
        _raw = raw;
        Notices = notices;
    }

    /// <summary>What made them.</summary>
    public TargetEncoder Encoder { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>Binary and multi-class: a class a row, -1 where it is missing; else empty.</summary>
    public ReadOnlySpan<int> Labels => _labels;

    /// <summary>What a loss compares with, [rows, outputs], NaN where it is missing: 0 or 1 for binary and multi-label, scaled numbers for regression; empty for multi-class.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>The numbers of a regression in their own unit, as metrics compare them; elsewhere the same as <see cref="Values"/>.</summary>
    public ReadOnlySpan<float> Raw => _raw;

    /// <summary>What was not as in training, a line each: rows of an unseen class that were skipped.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>The truths as a loader serves them to the losses. Shares their memory.</summary>
    public TargetValues ToLoad() => Encoder.Kind == TaskKind.MultiClass ? TargetValues.OfClasses(_labels) : TargetValues.OfNumbers(_values, Encoder.Outputs);

    /// <summary>Whether a row has no truth at all.</summary>
    public bool IsMissing(int row)
    {
        if (_labels.Length > 0)
        {
            return _labels[row] < 0;
        }

        foreach (float value in _raw.AsSpan(row * Encoder.Outputs, Encoder.Outputs))
        {
            if (!float.IsNaN(value))
            {
                return false;
            }
        }

        return true;
    }
}
