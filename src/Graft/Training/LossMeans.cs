namespace Graft.Training;

/// <summary>The means of the objective and of each loss over the steps of an epoch, so far. State: sums and counts.</summary>
internal sealed class LossMeans(IReadOnlyList<string> names) : IStateful
{
    // The last place is the objective's.
    private double[] _sums = new double[names.Count + 1];
    private long[] _counts = new long[names.Count + 1];

    public bool IsEmpty => _counts[^1] == 0;

    public double Objective => _sums[^1] / _counts[^1];

    public void Add(double objective, ReadOnlySpan<double> losses)
    {
        for (int i = 0; i < losses.Length; i++)
        {
            if (!double.IsNaN(losses[i]))
            {
                _sums[i] += losses[i];
                _counts[i]++;
            }
        }

        _sums[^1] += objective;
        _counts[^1]++;
    }

    public IReadOnlyDictionary<string, double> Losses()
    {
        var means = new Dictionary<string, double>(names.Count, StringComparer.Ordinal);
        for (int i = 0; i < names.Count; i++)
        {
            means[names[i]] = _sums[i] / _counts[i];
        }

        return means;
    }

    public void Clear()
    {
        Array.Clear(_sums);
        Array.Clear(_counts);
    }

    public void Save(State state)
    {
        state.Set("sums", Array.ConvertAll(_sums, BitConverter.DoubleToInt64Bits));
        state.Set("counts", (long[])_counts.Clone());
    }

    public void Load(State state)
    {
        long[] sums = state.Get<long[]>("sums"), counts = state.Get<long[]>("counts");
        if (sums.Length != _sums.Length || counts.Length != _counts.Length)
        {
            throw new GraftInputException("", $"checkpoint: expected {names.Count} losses ({string.Join(", ", names)}), got {sums.Length - 1}. It belongs to another training.");
        }

        _sums = Array.ConvertAll(sums, BitConverter.Int64BitsToDouble);
        _counts = (long[])counts.Clone();
    }
}
