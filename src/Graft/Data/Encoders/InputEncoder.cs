using System.Text.Json;
using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>Turns the input columns of a data set into numbers for a model; learned on training rows, kept in the model file.</summary>
/// <remarks>Numbers, categories, vectors and texts as bags of words side by side make a table row; a picture, a sequence or a text as tokens stands alone.</remarks>
public sealed class InputEncoder
{
    private const int DefaultWords = 2000;

    private readonly int[] _ends;

    /// <param name="columns">The fitted columns, in the order of their features; at least one.</param>
    /// <exception cref="ArgumentException">There is none, or a picture, a sequence or tokens do not stand alone.</exception>
    [JsonConstructor]
    public InputEncoder(IReadOnlyList<ColumnEncoder> columns)
    {
        Tensors.Check.AtLeast(1, columns.Count, nameof(columns));
        if (columns.Count > 1 && columns.FirstOrDefault(c => c.Shape.Kind != InputKind.Table) is { } alone)
        {
            throw new ArgumentException($"inputs: expected '{alone.Column}' to stand alone as a {alone.Shape.Kind.ToString().ToLowerInvariant()}, got {columns.Count} input columns. Name one of them as the input.", nameof(columns));
        }

        Columns = columns;
        _ends = new int[columns.Count];
        int end = 0;
        var categories = new List<CategoryBlock>();
        for (int i = 0; i < _ends.Length; i++)
        {
            int start = end;
            categories.AddRange(columns[i].Shape.Categories.Select(c => c with { Start = start + c.Start }));
            _ends[i] = end += columns[i].Shape.Length;
        }

        Shape = columns.Count == 1 ? columns[0].Shape : new InputShape(InputKind.Table, [end]) { Categories = categories };
        Features = [.. columns.SelectMany(c => c.FeatureNames.Select(f => new InputFeature(f, c.Column)))];
    }

    /// <summary>The fitted columns, in the order of their features.</summary>
    public IReadOnlyList<ColumnEncoder> Columns { get; }

    /// <summary>The shape of one encoded row.</summary>
    [JsonIgnore]
    public InputShape Shape { get; }

    /// <summary>Every number of a table row, with the column it came from; empty for pictures and sequences.</summary>
    [JsonIgnore]
    public IReadOnlyList<InputFeature> Features { get; }

    /// <summary>What the reader of a report should know of the fitting, a line each; empty where there is nothing, and after reading from a file.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Notices { get; private init; } = [];

    /// <summary>The picture encoder, where the input is a picture.</summary>
    [JsonIgnore]
    public PictureEncoder? Picture => Columns[0] as PictureEncoder;

    /// <summary>Learns levels, scales, vocabularies and sizes.</summary>
    /// <param name="train">The training rows, and no others.</param>
    /// <param name="options">Which columns, and how.</param>
    /// <exception cref="GraftInputException">A column is not there, no column is left, or nothing can be learned from one; all findings.</exception>
    public static InputEncoder Fit(Dataset train, InputOptions options)
    {
        HashSet<string> excluded = [.. options.Exclude ?? []];
        string[] names = [.. options.Columns ?? [.. train.Columns.Where(c => !excluded.Contains(c.Name)).Select(c => c.Name)]];
        var findings = new List<Finding>();
        void Found(string message) => findings.Add(new Finding(train.Name, 0, 0, message));
        if (names.Length == 0)
        {
            Found($"inputs: expected at least one column, got none of {train.Columns.Count}.");
        }

        if (train.Count == 0)
        {
            Found("inputs: expected at least one training row, got 0.");
        }

        var fitted = new List<ColumnEncoder>();
        foreach (string name in names)
        {
            if (!train.TryGet(name, out Column? column))
            {
                Found($"inputs: expected a column named '{name}', got {string.Join(", ", train.Columns.Take(20).Select(c => c.Name))}{(train.Columns.Count > 20 ? ", ..." : "")}.");
            }
            else if (train.Count > 0)
            {
                try
                {
                    fitted.Add(FitColumn(train, column, options, isAlone: names.Length == 1));
                }
                catch (GraftInputException e)
                {
                    findings.AddRange(e.Findings);
                }
            }
        }

        if (options.Text == TextWeighting.Tokens && findings.Count == 0 && !fitted.Any(f => f is TokenEncoder))
        {
            Found($"inputs.text: expected a column of texts to make tokens of, got {string.Join(", ", names.Take(20).Select(n => $"{n} ({train[n].Kind})"))}. Name it as the only input.");
        }

        ColumnEncoder[] alone = [.. fitted.Where(f => f.Shape.Kind != InputKind.Table)];
        if (fitted.Count > 1 && alone.Length > 0)
        {
            Found($"inputs: expected one column where it is a picture, a sequence or tokens, got {string.Join(", ", fitted.Take(20).Select(f => f.Column))}. Name '{alone[0].Column}' as the only input.");
        }

        return findings.Count == 0
            ? new InputEncoder(fitted) { Notices = [.. fitted.SelectMany(f => Doubts(train, f))] }
            : throw new GraftInputException(findings);
    }

    /// <summary>Prepares to read any data set that has the input columns.</summary>
    /// <exception cref="GraftInputException">Columns are missing or of another kind; all findings.</exception>
    public EncodedRows Bind(Dataset rows)
    {
        var findings = new List<Finding>();
        var notices = new List<string>();
        var columns = new BoundColumn[Columns.Count];
        for (int i = 0; i < columns.Length; i++)
        {
            try
            {
                columns[i] = Columns[i].Bind(rows, rows[Columns[i].Column], notices);
            }
            catch (GraftInputException e)
            {
                findings.AddRange(e.Findings);
            }
        }

        return findings.Count == 0
            ? new EncodedRows(rows, Shape, columns, _ends, notices)
            : throw new GraftInputException(findings);
    }

    /// <summary>Encodes one row; <see cref="Bind"/> once for many rows of one data set.</summary>
    /// <param name="rows">The data set.</param>
    /// <param name="row">0-based row.</param>
    /// <param name="destination">Length of <see cref="Shape"/>.</param>
    public void Encode(Dataset rows, int row, Span<float> destination) => Bind(rows).Encode(row, destination);

    /// <summary>The encoder as JSON text, for a model file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, EncoderJson.Default.InputEncoder);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text; checked, because it comes from a file.</param>
    /// <param name="file">The file it stands in, for messages.</param>
    /// <exception cref="GraftInputException">It is no encoder.</exception>
    public static InputEncoder FromJson(string json, string file = "")
    {
        try
        {
            return JsonSerializer.Deserialize(json, EncoderJson.Default.InputEncoder) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException or OverflowException or NullReferenceException)
        {
            throw new GraftInputException(file, $"inputs: expected a fitted encoder, got JSON that is none: {e.Message.Split('\n')[0].TrimEnd('.')}.", inner: e);
        }
    }

    private static IEnumerable<string> Doubts(Dataset train, ColumnEncoder fitted)
    {
        Column column = train[fitted.Column];
        if (fitted is NumberEncoder or CategoryEncoder && Enumerable.Range(0, train.Count).All(column.IsMissing))
        {
            yield return $"{train.Name}: column '{column.Name}' has no value in the training rows; it tells the model nothing.";
        }

        int levels = column is CategoryColumn category ? category.Codes.ToArray().Where(c => c >= 0).Distinct().Count() : 0;
        if (fitted is CategoryEncoder kept && kept.Levels.Count < levels)
        {
            yield return $"{train.Name}: column '{column.Name}' has {levels} levels in the training rows; the {kept.Levels.Count} most frequent are kept.";
        }
    }

    private static ColumnEncoder FitColumn(Dataset train, Column column, InputOptions options, bool isAlone)
    {
        GraftInputException Nothing(string what) => new(train.Name, $"column '{column.Name}': expected {what} in the training rows, got none.");
        switch (column)
        {
            case NumberColumn number:
                FiniteRows.Check(train, column.Name, number.Values, 1);
                return NumberEncoder.Fit(number, options.Numbers, options.Impute, options.MissingIndicator);
            case TextColumn or CategoryColumn when options.Text == TextWeighting.Tokens && (column is TextColumn || isAlone):
                return TokenEncoder.Fit(train, column, options);
            case CategoryColumn category:
                return CategoryEncoder.Fit(category, options.MaxLevels, options.MissingIndicator);
            case VectorColumn vector:
                FiniteRows.Check(train, column.Name, vector.Values, vector.Width);
                return VectorEncoder.Fit(vector, options.Numbers, options.Impute);
            case TextColumn text:
                return TextEncoder.Fit(text, options.Text, options.MaxWords ?? DefaultWords, options.MinCount) ?? throw Nothing("a word");
            case SequenceColumn sequence:
                return SequenceEncoder.Fit(sequence, options.Numbers, options.Impute, options.MaxSteps);
            case PictureColumn picture:
                return PictureEncoder.Fit(picture, options.Pixels, options.Height, options.Width, options.Channels, options.Mean, options.Deviation, options.Order, options.Crop) ?? throw Nothing("a picture");
            default:
                throw new InvalidOperationException($"InputEncoder: expected a known column, got a {column.Kind} column.");
        }
    }
}
