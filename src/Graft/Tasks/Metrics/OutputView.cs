namespace Graft.Tasks.Metrics;

/// <summary>One output over all rows that have its truth.</summary>
internal sealed class OutputView(int capacity)
{
    private readonly float[] _predicted = new float[capacity], _truth = new float[capacity];
    private readonly double[] _weight = new double[capacity];

    public int Count { get; private set; }

    public ReadOnlySpan<float> Predicted => _predicted.AsSpan(0, Count);

    public ReadOnlySpan<float> Truth => _truth.AsSpan(0, Count);

    public ReadOnlySpan<double> Weight => _weight.AsSpan(0, Count);

    public void Add(float predicted, float truth, double weight)
    {
        (_predicted[Count], _truth[Count], _weight[Count]) = (predicted, truth, weight);
        Count++;
    }

    /// <summary>The sum of weights times a value of the prediction and the truth.</summary>
    public double Sum(Func<double, double, double> value)
    {
        double sum = 0;
        for (int i = 0; i < Count; i++)
        {
            sum += _weight[i] * value(_predicted[i], _truth[i]);
        }

        return sum;
    }

    /// <summary>For every distinct score, from the highest down: the weight of positives and of negatives at or above it.</summary>
    public List<(double Positives, double Negatives)> Thresholds()
    {
        var order = new int[Count];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        float[] keys = [.. _predicted.AsSpan(0, Count)];
        Array.Sort(keys, order);
        var points = new List<(double, double)>();
        double positives = 0, negatives = 0;
        for (int i = Count - 1; i >= 0; i--)
        {
            int row = order[i];
            positives += _truth[row] > 0.5f ? _weight[row] : 0;
            negatives += _truth[row] > 0.5f ? 0 : _weight[row];
            if (i == 0 || keys[i - 1] != keys[i])
            {
                points.Add((positives, negatives));
            }
        }

        return points;
    }
}
