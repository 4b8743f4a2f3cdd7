using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Experiments.Reports;
using Graft.Experiments.Runs;
using Graft.Tasks;
using Graft.Tasks.Metrics;

namespace Graft.Experiments.Runner;

/// <summary>What the report says about one task of one job, from the predictions on its rows.</summary>
internal static class TaskResult
{
    private const int MostWorst = 24;
    private const int MostPairs = 500;
    private const int Bins = 10;
    private const int MostClasses = 100;

    /// <summary>Metrics of a side.</summary>
    /// <param name="task">The task.</param>
    /// <param name="predictions">Probabilities, or numbers in the truths' unit: [rows, outputs].</param>
    /// <param name="truths">The truths of the same rows.</param>
    public static Dictionary<string, double> Metrics(PreparedTask task, float[] predictions, Truth truths) =>
        task.Metrics.ToDictionary(m => m.Name, m => m.Compute(truths.Against(predictions)), StringComparer.Ordinal);

    /// <summary>The whole record.</summary>
    /// <param name="task">The task.</param>
    /// <param name="data">Its data set.</param>
    /// <param name="validation">Metrics on the validation rows.</param>
    /// <param name="predictions">Predictions on the test rows.</param>
    /// <param name="train">The truths of the training rows, for the guess that ignores the row.</param>
    /// <param name="test">The truths of the test rows.</param>
    /// <param name="counts">Rows of each side.</param>
    public static TaskRecord Build(
        PreparedTask task, PreparedData data, Dictionary<string, double> validation, float[] predictions, Truth train, Truth test, Dictionary<string, long> counts) => new()
        {
            Task = task.Name,
            Kind = DataSummary.Convert(task.Spec.Kind),
            Classes = task.Spec.Kind == Graft.Tasks.TaskKind.Regression && task.Spec.Outputs == 1 ? [] : task.Target.Names,
            PrimaryMetric = task.Primary.Name,
            Rows = counts,
            Validation = validation,
            Test = Metrics(task, predictions, test),
            Guess = Metrics(task, train.Guess(test.Count), test),
            Confusion = Confusion(task, predictions, test),
            Calibration = Calibration(task, predictions, test),
            Pairs = Pairs(task, predictions, test),
            Worst = Worst(task, data, predictions, test),
        };

    private static long[][]? Confusion(PreparedTask task, float[] predictions, Truth truths)
    {
        if (!truths.HasClasses || task.Target.Names.Count > MostClasses)
        {
            return null;
        }

        long[][] counts = [.. task.Target.Names.Select(_ => new long[task.Target.Names.Count])];
        for (int r = 0; r < truths.Count; r++)
        {
            if (truths.Label(r) >= 0)
            {
                counts[truths.Label(r)][Chosen(task, predictions, r).Class]++;
            }
        }

        return counts;
    }

    private static CalibrationBin[]? Calibration(PreparedTask task, float[] predictions, Truth truths)
    {
        if (!truths.HasClasses)
        {
            return null;
        }

        var rows = Enumerable.Range(0, truths.Count).Where(r => truths.Label(r) >= 0)
            .Select(r => (Chosen: Chosen(task, predictions, r), Truth: truths.Label(r)));
        return [.. rows.GroupBy(r => Math.Min(Bins - 1, (int)(r.Chosen.Confidence * Bins))).OrderBy(g => g.Key)
            .Select(g => new CalibrationBin(g.Average(r => r.Chosen.Confidence), g.Average(r => r.Chosen.Class == r.Truth ? 1.0 : 0), g.LongCount()))];
    }

    private static ValuePair[] Pairs(PreparedTask task, float[] predictions, Truth truths)
    {
        if (task.Spec.Kind != Graft.Tasks.TaskKind.Regression)
        {
            return [];
        }

        int[] rows = [.. Enumerable.Range(0, truths.Count).Where(r => float.IsFinite(truths.Number(r, 0)))];
        int step = Math.Max(1, (rows.Length + MostPairs - 1) / MostPairs);
        return [.. rows.Where((_, i) => i % step == 0).Select(r => new ValuePair(truths.Number(r, 0), predictions[r * task.Spec.Outputs]))];
    }

    private static ExampleRecord[] Worst(PreparedTask task, PreparedData data, float[] predictions, Truth truths)
    {
        int outputs = task.Spec.Outputs;
        if (truths.HasClasses)
        {
            return [.. Enumerable.Range(0, truths.Count)
                .Where(r => truths.Label(r) >= 0)
                .Select(r => (Row: r, Chosen: Chosen(task, predictions, r)))
                .Where(r => r.Chosen.Class != truths.Label(r.Row))
                .OrderByDescending(r => r.Chosen.Confidence).ThenBy(r => r.Row)
                .Take(MostWorst)
                .Select(r => Example(data, truths.Row(r.Row), task.Target.Names[truths.Label(r.Row)], task.Target.Names[r.Chosen.Class], r.Chosen.Confidence))];
        }

        if (task.Spec.Kind != Graft.Tasks.TaskKind.Regression)
        {
            return [];
        }

        return [.. Enumerable.Range(0, truths.Count)
            .Where(r => float.IsFinite(truths.Number(r, 0)))
            .OrderByDescending(r => Math.Abs(predictions[r * outputs] - truths.Number(r, 0))).ThenBy(r => r)
            .Take(MostWorst / 2)
            .Select(r => Example(data, truths.Row(r), Text(truths.Number(r, 0)), Text(predictions[r * outputs]), double.NaN))];
    }

    private static (int Class, double Confidence) Chosen(PreparedTask task, float[] predictions, int row)
    {
        if (task.Spec.Kind == Graft.Tasks.TaskKind.Binary)
        {
            float p = predictions[row];
            return p >= 0.5f ? (1, p) : (0, 1 - p);
        }

        ReadOnlySpan<float> all = predictions.AsSpan(row * task.Spec.Outputs, task.Spec.Outputs);
        int best = 0;
        for (int i = 1; i < all.Length; i++)
        {
            best = all[i] > all[best] ? i : best;
        }

        return (best, Math.Clamp(all[best], 0, 1));
    }

    private static ExampleRecord Example(PreparedData data, int row, string truth, string predicted, double confidence)
    {
        Dataset test = data.Rows(Side.Test);
        string id = string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(test.Name)} #{data.Ids(Side.Test)[row]}");
        if (data.Inputs.Picture is { } encoder && test[encoder.Column] is PictureColumn pictures && pictures.Read(row) is { } picture)
        {
            return new ExampleRecord(id, truth, predicted, confidence, Thumbnail.Png(picture), null);
        }

        IEnumerable<string> cells = data.Inputs.Columns.Take(8).Select(c => test[c.Column]).Select(c => $"{c.Name} {Cell(c, row)}");
        return new ExampleRecord(id, truth, predicted, confidence, null, string.Join(", ", cells));
    }

    private static string Cell(Column column, int row) => column switch
    {
        VectorColumn v => "[" + string.Join(", ", v.Row(row)[..Math.Min(6, v.Width)].ToArray().Select(Text)) + (v.Width > 6 ? ", ...]" : "]"),
        SequenceColumn s => string.Create(CultureInfo.InvariantCulture, $"{s.Steps(row)} steps"),
        _ => column.IsMissing(row) ? "missing" : ColumnTexts.At(column, row) ?? "",
    };

    private static string Text(float value) => value.ToString("G5", CultureInfo.InvariantCulture);
}
