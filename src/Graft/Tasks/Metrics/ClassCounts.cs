namespace Graft.Tasks.Metrics;

/// <summary>Hits, givens and truths of one class or label: what precision, recall and F1 are made of.</summary>
/// <param name="Hits">Rows that have it and were given it.</param>
/// <param name="Given">Rows that were given it.</param>
/// <param name="Truths">Rows that have it.</param>
internal readonly record struct ClassCounts(double Hits, double Given, double Truths)
{
    /// <summary>0 where it was never given, as scikit-learn has it.</summary>
    public double Precision => Given > 0 ? Hits / Given : 0;

    /// <summary>0 where no row has it.</summary>
    public double Recall => Truths > 0 ? Hits / Truths : 0;

    /// <summary>The harmonic mean of both; 0 where there is nothing.</summary>
    public double F1 => Given + Truths > 0 ? 2 * Hits / (Given + Truths) : 0;

    /// <summary>Every class that a row has or was given, or every label of a multi-label task.</summary>
    public static ClassCounts[] Of(MetricInput input)
    {
        if (input.Kind == TaskKind.MultiLabel)
        {
            return [.. input.Views().Select(ConfusionMatrix.Of).Select(m => Of(m, 1))];
        }

        ConfusionMatrix matrix = ConfusionMatrix.Of(input);
        return [.. Enumerable.Range(0, matrix.Classes).Select(c => Of(matrix, c)).Where(c => c.Given + c.Truths > 0)];
    }

    /// <summary>The positive class of a binary task, or every class or label of the others.</summary>
    public static ClassCounts[] OfPositive(MetricInput input) =>
        input.Kind == TaskKind.Binary ? [Of(ConfusionMatrix.Of(input), 1)] : Of(input);

    private static ClassCounts Of(ConfusionMatrix m, int c) => new(m[c, c], m.Predictions(c), m.Truths(c));
}
