namespace Graft.Experiments.Runs;

/// <summary>What came out of one training: the file jobs/&lt;job&gt;/result.json.</summary>
public sealed record JobRecord
{
    /// <summary>Names the job and its folder: "new-full-s1".</summary>
    public required string Id { get; init; }

    /// <summary>The stage that it belongs to.</summary>
    public string Stage { get; init => field = value ?? ""; } = "";

    /// <summary>The arm that it belongs to, or null where all arms share it.</summary>
    public string? Arm { get; init; }

    /// <summary>The seed.</summary>
    public long Seed { get; init; }

    /// <summary>The tasks that it learned.</summary>
    public IReadOnlyList<string> Tasks { get; init => field = value ?? []; } = [];

    /// <summary>Jobs whose models it started from.</summary>
    public IReadOnlyList<string> DependsOn { get; init => field = value ?? []; } = [];

    /// <summary>Whether its test results count in the comparison of arms.</summary>
    public bool Compared { get; init; }

    /// <summary>How it ended.</summary>
    public RunStatus Status { get; init; }

    /// <summary>Wall-clock seconds of the training.</summary>
    public double Seconds { get; init; }

    /// <summary>Updates made.</summary>
    public long Steps { get; init; }

    /// <summary>Epochs begun.</summary>
    public int Epochs { get; init; }

    /// <summary>The epoch whose weights were kept, counted from 1, or null where there was no choice.</summary>
    public int? BestEpoch { get; init; }

    /// <summary>Why it stopped, such as "all epochs done" or "no better validation loss for 5 epochs".</summary>
    public string StopReason { get; init => field = value ?? ""; } = "";

    /// <summary>Tasks that are values of one column, measured over all their test rows together.</summary>
    public IReadOnlyList<PooledRecord> Pooled { get; init => field = value ?? []; } = [];

    /// <summary>Numbers in the model.</summary>
    public long Parameters { get; init; }

    /// <summary>Numbers in the model that training may change.</summary>
    public long TrainableParameters { get; init; }

    /// <summary>Where the weights came from, or null for a model that began from nothing.</summary>
    public WeightsRecord? Weights { get; init; }

    /// <summary>Which tasks were learned together, and why, or null where that was not asked.</summary>
    public GroupingRecord? Grouping { get; init; }

    /// <summary>Settings that a search chose, by their key in the experiment file, as text.</summary>
    public IReadOnlyDictionary<string, string> Chosen { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();

    /// <summary>What a reader must know, one sentence each.</summary>
    public IReadOnlyList<string> Notices { get; init => field = value ?? []; } = [];

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }

    /// <summary>How well each task was learned.</summary>
    public IReadOnlyList<TaskRecord> Results { get; init => field = value ?? []; } = [];
}

/// <summary>What became of every weight when a model was carried over.</summary>
public sealed record WeightsRecord
{
    /// <summary>Where they came from: a job or a file.</summary>
    public required string Source { get; init; }

    /// <summary>Taken over.</summary>
    public IReadOnlyList<WeightPath> Carried { get; init => field = value ?? []; } = [];

    /// <summary>Started anew, as the plan asks.</summary>
    public IReadOnlyList<WeightPath> Reinitialized { get; init => field = value ?? []; } = [];

    /// <summary>In the model and not in the source.</summary>
    public IReadOnlyList<WeightPath> Missing { get; init => field = value ?? []; } = [];

    /// <summary>In the source and not in the model.</summary>
    public IReadOnlyList<WeightPath> Unexpected { get; init => field = value ?? []; } = [];

    /// <summary>In both, with shapes that differ.</summary>
    public IReadOnlyList<WeightPath> WrongShape { get; init => field = value ?? []; } = [];

    /// <summary>Taken over or not, kept as they were while training.</summary>
    public IReadOnlyList<string> Frozen { get; init => field = value ?? []; } = [];
}

/// <summary>A named weight.</summary>
/// <param name="Path">As the state dictionary names it: "trunk.0.weight".</param>
/// <param name="Shape">Its shape in the model, or in the source where the model lacks it.</param>
/// <param name="SourceShape">Its shape in the source where that differs, else null.</param>
public sealed record WeightPath(string Path, IReadOnlyList<int> Shape, IReadOnlyList<int>? SourceShape = null)
{
    /// <summary>What else is to be said of it; null for nothing.</summary>
    public string? Note { get; init; }
}
