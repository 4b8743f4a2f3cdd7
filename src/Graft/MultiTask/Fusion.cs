using Graft.Tasks;

namespace Graft.MultiTask;

/// <summary>Fuses independent models that share their labels: the mean of their probabilities.</summary>
public static class Fusion
{
    /// <summary>Which tasks are fused with each other: those of one kind with the same classes in the same order.</summary>
    /// <remarks>Regressions stay alone: their units may differ.</remarks>
    /// <param name="tasks">The tasks.</param>
    /// <returns>For each task the places of those it is fused with, itself among them.</returns>
    public static IReadOnlyList<IReadOnlyList<int>> Groups(IReadOnlyList<TaskSpec> tasks) =>
        [.. tasks.Select((a, place) => (IReadOnlyList<int>)[.. Enumerable.Range(0, tasks.Count).Where(b => b == place || SharesLabels(a, tasks[b]))])];

    /// <summary>The mean of several models' predictions for the same rows.</summary>
    /// <param name="predictions">Probabilities or quantities of each model, [rows, outputs] each; at least one, of equal lengths.</param>
    /// <exception cref="ArgumentException">There is none, or lengths differ.</exception>
    public static float[] Mean(IReadOnlyList<float[]> predictions)
    {
        if (predictions.Count == 0 || predictions.Any(p => p.Length != predictions[0].Length))
        {
            throw new ArgumentException($"Fusion: expected predictions of equal lengths, got [{string.Join(", ", predictions.Select(p => p.Length))}].", nameof(predictions));
        }

        var mean = new float[predictions[0].Length];
        for (int i = 0; i < mean.Length; i++)
        {
            double sum = 0;
            foreach (float[] one in predictions)
            {
                sum += one[i];
            }

            mean[i] = (float)(sum / predictions.Count);
        }

        return mean;
    }

    private static bool SharesLabels(TaskSpec a, TaskSpec b) =>
        a.Kind == b.Kind && a.Outputs == b.Outputs && a.Kind != TaskKind.Regression && a.Classes.SequenceEqual(b.Classes, StringComparer.Ordinal);
}
