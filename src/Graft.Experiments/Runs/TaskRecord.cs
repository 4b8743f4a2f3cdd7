using System.Text.Json.Serialization;

namespace Graft.Experiments.Runs;

/// <summary>How well one job learned one task.</summary>
public sealed record TaskRecord
{
    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>What is to be said about a row.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>The classes, in the order of the confusion matrix; for several outputs their names; else empty.</summary>
    public IReadOnlyList<string> Classes { get; init => field = value ?? []; } = [];

    /// <summary>The metric that decides for this task, lower-kebab; may be empty.</summary>
    public string PrimaryMetric { get; init => field = value ?? ""; } = "";

    /// <summary>Rows of each split by its name: "train", "validation", "test".</summary>
    public IReadOnlyDictionary<string, long> Rows { get; init => field = value ?? new Dictionary<string, long>(); } = new Dictionary<string, long>();

    /// <summary>Metrics on the validation rows, of the weights that were kept.</summary>
    public IReadOnlyDictionary<string, double> Validation { get; init => field = value ?? new Dictionary<string, double>(); } = new Dictionary<string, double>();

    /// <summary>Metrics on the test rows, of the weights that were kept.</summary>
    public IReadOnlyDictionary<string, double> Test { get; init => field = value ?? new Dictionary<string, double>(); } = new Dictionary<string, double>();

    /// <summary>Metrics on the test rows of the best answer that ignores the row: the most frequent class, the mean; may be empty.</summary>
    public IReadOnlyDictionary<string, double> Guess { get; init => field = value ?? new Dictionary<string, double>(); } = new Dictionary<string, double>();

    /// <summary>Test rows counted by true class (row) and predicted class (column), or null where there are no classes.</summary>
    public IReadOnlyList<IReadOnlyList<long>>? Confusion { get; init; }

    /// <summary>How sure the model was against how often it was right, or null.</summary>
    public IReadOnlyList<CalibrationBin>? Calibration { get; init; }

    /// <summary>A sample of true and predicted values of a regression, at most 500.</summary>
    public IReadOnlyList<ValuePair> Pairs { get; init => field = value ?? []; } = [];

    /// <summary>The test rows that the model got most wrong, the worst first.</summary>
    public IReadOnlyList<ExampleRecord> Worst { get; init => field = value ?? []; } = [];
}

/// <summary>What a task says about a row.</summary>
public enum TaskKind
{
    /// <summary>One of two classes.</summary>
    [JsonStringEnumMemberName("binary")]
    Binary,

    /// <summary>One of several classes.</summary>
    [JsonStringEnumMemberName("multiclass")]
    MultiClass,

    /// <summary>Any of several labels.</summary>
    [JsonStringEnumMemberName("multilabel")]
    MultiLabel,

    /// <summary>One or more numbers.</summary>
    [JsonStringEnumMemberName("regression")]
    Regression,
}

/// <summary>Rows on which the model was about equally sure.</summary>
/// <param name="Confidence">Mean confidence of the rows, 0 to 1.</param>
/// <param name="Accuracy">Share of the rows that were right, 0 to 1.</param>
/// <param name="Rows">How many rows.</param>
public sealed record CalibrationBin(double Confidence, double Accuracy, long Rows);

/// <summary>One row of a regression.</summary>
/// <param name="Truth">What it is.</param>
/// <param name="Predicted">What the model says.</param>
public sealed record ValuePair(double Truth, double Predicted);

/// <summary>A row to look at.</summary>
/// <param name="Row">Names the row: a file, a line, an index.</param>
/// <param name="Truth">What it is.</param>
/// <param name="Predicted">What the model says.</param>
/// <param name="Confidence">How sure the model was of what it says, 0 to 1; NaN where that has no meaning.</param>
/// <param name="Png">The row as a small PNG picture, or null.</param>
/// <param name="Text">The row as text: its features or its words; or null.</param>
public sealed record ExampleRecord(string Row, string Truth, string Predicted, double Confidence, byte[]? Png = null, string? Text = null);
