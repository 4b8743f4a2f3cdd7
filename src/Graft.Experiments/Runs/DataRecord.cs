namespace Graft.Experiments.Runs;

/// <summary>What the data of a run look like: the file data.json.</summary>
/// <param name="DataSets">Every data set, in the order of the experiment file.</param>
public sealed record DataRecord(IReadOnlyList<DataSetRecord> DataSets);

/// <summary>What one data set looks like.</summary>
public sealed record DataSetRecord
{
    /// <summary>Its name in the experiment file.</summary>
    public required string Name { get; init; }

    /// <summary>Where it comes from: files or a generator.</summary>
    public string Source { get; init => field = value ?? ""; } = "";

    /// <summary>128 bits, as hexadecimal digits, that tell the rows as they were read from others: a run goes on with the same ones only. Empty in runs of earlier versions.</summary>
    public string Content { get; init => field = value ?? ""; } = "";

    /// <summary>Rows that are used.</summary>
    public long Rows { get; init; }

    /// <summary>Rows of each split by its name: "train", "validation", "test".</summary>
    public IReadOnlyDictionary<string, long> Splits { get; init => field = value ?? new Dictionary<string, long>(); } = new Dictionary<string, long>();

    /// <summary>The columns; for very wide data sets the first ones.</summary>
    public IReadOnlyList<ColumnRecord> Columns { get; init => field = value ?? []; } = [];

    /// <summary>How many columns there are, those that are not listed among them.</summary>
    public int ColumnCount { get; init; }

    /// <summary>What the tasks on this data set have to say.</summary>
    public IReadOnlyList<LabelRecord> Labels { get; init => field = value ?? []; } = [];

    /// <summary>Rows that repeat an earlier row of the same split.</summary>
    public long DuplicatesInside { get; init; }

    /// <summary>Rows of validation or test whose features also occur in train.</summary>
    public long DuplicatesAcross { get; init; }

    /// <summary>What a reader must know, such as rows that were skipped; one sentence each.</summary>
    public IReadOnlyList<string> Notices { get; init => field = value ?? []; } = [];

    /// <summary>A few rows as pictures.</summary>
    public IReadOnlyList<PictureRecord> Pictures { get; init => field = value ?? []; } = [];
}

/// <summary>What one column holds.</summary>
public sealed record ColumnRecord
{
    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>number, category, vector, picture, sequence or text.</summary>
    public string Kind { get; init => field = value ?? ""; } = "";

    /// <summary>Rows without a value.</summary>
    public long Missing { get; init; }

    /// <summary>Different values that occur.</summary>
    public long Distinct { get; init; }

    /// <summary>Smallest value of a number column; NaN otherwise.</summary>
    public double Min { get; init; } = double.NaN;

    /// <summary>Mean of a number column; NaN otherwise.</summary>
    public double Mean { get; init; } = double.NaN;

    /// <summary>Largest value of a number column; NaN otherwise.</summary>
    public double Max { get; init; } = double.NaN;

    /// <summary>The most frequent values of a category column, or a shape such as "28 x 28 x 1".</summary>
    public string Note { get; init => field = value ?? ""; } = "";
}

/// <summary>What a task has to say about the rows of a data set.</summary>
public sealed record LabelRecord
{
    /// <summary>The task.</summary>
    public required string Task { get; init; }

    /// <summary>What is to be said about a row.</summary>
    public TaskKind Kind { get; init; }

    /// <summary>How often each class occurs; empty for a regression.</summary>
    public IReadOnlyList<ClassCount> Classes { get; init => field = value ?? []; } = [];

    /// <summary>Rows whose label is missing.</summary>
    public long Missing { get; init; }

    /// <summary>Rows of the most frequent class over rows of the rarest that occurs; 1 is balanced, NaN for a regression.</summary>
    public double Imbalance { get; init; } = double.NaN;

    /// <summary>Smallest value of a regression; NaN otherwise.</summary>
    public double Min { get; init; } = double.NaN;

    /// <summary>Mean of a regression; NaN otherwise.</summary>
    public double Mean { get; init; } = double.NaN;

    /// <summary>Largest value of a regression; NaN otherwise.</summary>
    public double Max { get; init; } = double.NaN;
}

/// <summary>How often a class occurs.</summary>
/// <param name="Name">The class.</param>
/// <param name="Rows">Rows that have it.</param>
public sealed record ClassCount(string Name, long Rows);

/// <summary>A row to look at.</summary>
/// <param name="Class">What it shows.</param>
/// <param name="Png">A small PNG picture.</param>
public sealed record PictureRecord(string Class, byte[] Png);
