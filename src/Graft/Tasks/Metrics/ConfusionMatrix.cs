namespace Graft.Tasks.Metrics;

/// <summary>How many rows of each class were given each class.</summary>
public sealed class ConfusionMatrix
{
    private readonly double[,] _counts;

    private ConfusionMatrix(double[,] counts) => _counts = counts;

    /// <summary>Number of classes.</summary>
    public int Classes => _counts.GetLength(0);

    /// <summary>Rows of class <paramref name="truth"/> that were given class <paramref name="predicted"/>, as a sum of weights.</summary>
    public double this[int truth, int predicted] => _counts[truth, predicted];

    /// <summary>Rows of a class.</summary>
    public double Truths(int label) => Enumerable.Range(0, Classes).Sum(p => _counts[label, p]);

    /// <summary>Rows that were given a class.</summary>
    public double Predictions(int label) => Enumerable.Range(0, Classes).Sum(t => _counts[t, label]);

    /// <summary>Of the rows that were given a class, the share that has it; NaN where none was given it.</summary>
    public double Precision(int label) => _counts[label, label] / Predictions(label);

    /// <summary>Of the rows of a class, the share that was given it; NaN where there is none.</summary>
    public double Recall(int label) => _counts[label, label] / Truths(label);

    /// <summary>Counts the rows of a binary or multi-class task.</summary>
    public static ConfusionMatrix Of(MetricInput input)
    {
        var counts = new double[input.Classes, input.Classes];
        for (int row = 0; row < input.Count; row++)
        {
            counts[input.Label(row), input.Predicted(row)] += input.Weight(row);
        }

        return new ConfusionMatrix(counts);
    }

    /// <summary>The counts of a 0/1 output; given where its probability is above one half.</summary>
    internal static ConfusionMatrix Of(OutputView view)
    {
        var counts = new double[2, 2];
        for (int i = 0; i < view.Count; i++)
        {
            counts[view.Truth[i] > 0.5f ? 1 : 0, view.Predicted[i] > 0.5f ? 1 : 0] += view.Weight[i];
        }

        return new ConfusionMatrix(counts);
    }
}
