using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Transforms;
using Graft.Tasks;

namespace Graft.Experiments.Runner;

/// <summary>The rows of one side of a split.</summary>
internal enum Side
{
    Train,
    Validation,
    Test,
}

/// <summary>A data set of one seed: divided, encoded by what its training rows taught, with the truths of its tasks.</summary>
internal sealed class PreparedData
{
    private readonly Dataset[] _sides;
    private readonly int[][] _ids;
    private readonly Dictionary<(Side, string), Targets> _targets = [];

    public PreparedData(string name, Dataset[] sides, int[][] ids, InputEncoder inputs, IReadOnlyList<PreparedTask> tasks, PictureTransform? augmentation = null)
    {
        Name = name;
        _sides = sides;
        _ids = ids;
        Inputs = inputs;
        Tasks = tasks;
        Augmentation = augmentation;
        foreach (PreparedTask task in tasks)
        {
            foreach (Side side in Enum.GetValues<Side>())
            {
                _targets[(side, task.Name)] = task.Target.Bind(sides[(int)side]);
            }
        }
    }

    public string Name { get; }

    public InputEncoder Inputs { get; }

    /// <summary>Changes training pictures by chance; null for not at all.</summary>
    public PictureTransform? Augmentation { get; }

    public IReadOnlyList<PreparedTask> Tasks { get; }

    /// <summary>How its files are read, for those that a model is asked about later.</summary>
    public IReadOnlyList<string> Settings { get; init; } = [];

    /// <summary>What readers of the report must know, one sentence each.</summary>
    public IEnumerable<string> Notices => Inputs.Notices
        .Concat(_targets.Values.SelectMany(t => t.Notices))
        .Concat(_sides.SelectMany(s => s.Notices))
        .Concat(Enum.GetValues<Side>().Where(s => Rows(s).Count > 0).SelectMany(s => Of(Rows(s)).Select(n => $"{s} rows: {n}")))
        .Distinct(StringComparer.Ordinal);

    public Dataset Rows(Side side) => _sides[(int)side];

    public IReadOnlyList<int> Ids(Side side) => _ids[(int)side];

    /// <summary>The rows of a side with the truths of some tasks; rows that none of them has a truth for are left out.</summary>
    /// <param name="side">Which side.</param>
    /// <param name="tasks">Which tasks.</param>
    /// <param name="most">Most rows to take, the first ones.</param>
    /// <param name="isSpread">Whether to take rows from all over the side instead of the first ones.</param>
    public LabeledRows Labeled(Side side, IReadOnlyList<PreparedTask> tasks, int most = int.MaxValue, bool isSpread = false)
    {
        Dataset rows = _sides[(int)side];
        Targets[] targets = [.. tasks.Select(t => _targets[(side, t.Name)])];
        int[] kept = [.. Enumerable.Range(0, rows.Count).Where(r => targets.Any(t => !t.IsMissing(r)))];
        kept = isSpread && kept.Length > most
            ? [.. Enumerable.Range(0, most).Select(i => kept[(int)((long)i * kept.Length / most)])]
            : kept[..Math.Min(most, kept.Length)];
        var values = new TargetValues[tasks.Count];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = Take(targets[i], kept);
        }

        return new LabeledRows(
            kept.Length == rows.Count ? rows : rows.Take(kept), Inputs, values, [.. kept.Select(r => _ids[(int)side][r])]);
    }

    /// <summary>The rows of a side that a task has a truth for, as places in the side.</summary>
    public IReadOnlyList<int> LabeledPlaces(Side side, PreparedTask task)
    {
        Targets targets = _targets[(side, task.Name)];
        return [.. Enumerable.Range(0, targets.Count).Where(r => !targets.IsMissing(r))];
    }

    /// <summary>Truths of a side in their own unit, for metrics: classes, or numbers with NaN where they are missing.</summary>
    public Targets Truths(Side side, PreparedTask task) => _targets[(side, task.Name)];

    // What was not as the encoders learned it: texts and sequences that are cut, levels that nobody knows.
    private IEnumerable<string> Of(Dataset rows) => Inputs.Bind(rows).Notices.Concat(RowLevel.Notices(rows, Tasks.Select(t => t.Target)));

    private static TargetValues Take(Targets targets, int[] kept)
    {
        if (targets.Encoder.Kind == Graft.Tasks.TaskKind.MultiClass)
        {
            int[] codes = [.. kept.Select(r => targets.Labels[r])];
            return TargetValues.OfClasses(codes);
        }

        int width = targets.Encoder.Outputs;
        var numbers = new float[kept.Length * width];
        for (int i = 0; i < kept.Length; i++)
        {
            for (int k = 0; k < width; k++)
            {
                numbers[(i * width) + k] = targets.Values[(kept[i] * width) + k];
            }
        }

        return TargetValues.OfNumbers(numbers, width);
    }
}
