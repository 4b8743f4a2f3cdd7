using System.Text.Json;
using System.Text.Json.Serialization;
using Graft.Data;
using Graft.Data.Encoders;

namespace Graft.Tasks;

/// <summary>Turns the target columns of a task into classes or numbers, as learned on the training rows; kept in the model file.</summary>
public sealed class TargetEncoder
{
    /// <param name="kind">The kind of task.</param>
    /// <param name="columns">The target columns; at least one.</param>
    /// <param name="names">Classes, labels or numbers in the order of the outputs; of a binary task the negative class and the positive one.</param>
    /// <param name="scalers">The scale of each number of a regression; null elsewhere and where none is wanted.</param>
    /// <param name="skipUnseen">Whether rows of an unseen class count as missing.</param>
    /// <param name="rest">Whether every class but the positive one is the negative class of a binary task.</param>
    /// <param name="only">The rows that the task is about; null for all of them.</param>
    /// <exception cref="ArgumentException">The counts do not fit the kind of task.</exception>
    [JsonConstructor]
    public TargetEncoder(TaskKind kind, IReadOnlyList<string> columns, IReadOnlyList<string> names, IReadOnlyList<NumberScaler>? scalers = null, bool skipUnseen = false, bool rest = false, RowLevel? only = null)
    {
        bool classes = kind is TaskKind.Binary or TaskKind.MultiClass;
        if (columns.Count == 0 || names.Count == 0 || (classes && columns.Count != 1) || (kind == TaskKind.Binary && names.Count != 2) || (rest && kind != TaskKind.Binary)
            || (!classes && columns.Count > 1 && columns.Count != names.Count) || (scalers is not null && (kind != TaskKind.Regression || scalers.Count != names.Count)))
        {
            throw new ArgumentException($"TargetEncoder: expected columns, names and scales that fit a {kind} task, got {columns.Count}, {names.Count} and {scalers?.Count ?? 0}.");
        }

        Kind = kind;
        Columns = columns;
        Names = names;
        Scalers = scalers;
        SkipUnseen = skipUnseen;
        Rest = rest;
        Only = only;
    }

    /// <summary>The kind of task.</summary>
    public TaskKind Kind { get; }

    /// <summary>The target columns.</summary>
    public IReadOnlyList<string> Columns { get; }

    /// <summary>Classes, labels or numbers in the order of the outputs; of a binary task the negative class and the positive one.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>The scale of each number of a regression, or null.</summary>
    public IReadOnlyList<NumberScaler>? Scalers { get; }

    /// <summary>Whether rows of an unseen class count as missing.</summary>
    public bool SkipUnseen { get; }

    /// <summary>Whether every class but the positive one is the negative class of a binary task: one against the rest.</summary>
    public bool Rest { get; }

    /// <summary>The rows that the task is about, or null for all of them: other rows have no truth.</summary>
    public RowLevel? Only { get; }

    /// <summary>Outputs of the model's head: 1 for binary, else classes, labels or numbers.</summary>
    [JsonIgnore]
    public int Outputs => Kind == TaskKind.Binary ? 1 : Names.Count;

    /// <summary>Learns classes and scales.</summary>
    /// <param name="train">The training rows, and no others.</param>
    /// <param name="columns">The target columns; several for multi-label and for a regression of several numbers.</param>
    /// <param name="options">Kind of task, classes, scale.</param>
    /// <exception cref="GraftInputException">A column is not there, cannot be the target of that kind of task, or has no truth.</exception>
    public static TargetEncoder Fit(Dataset train, IReadOnlyList<string> columns, TargetOptions? options = null) =>
        new TargetFit(options?.Only is { } only ? train.Take(Rows(only.In(train))) : train, columns, options ?? new TargetOptions()).Run();

    /// <summary>Reads the truths of any data set: training rows, validation rows, test rows.</summary>
    /// <exception cref="GraftInputException">A column is not there, or rows have a class that training rows lack.</exception>
    public Targets Bind(Dataset rows)
    {
        bool[]? own = Only?.In(rows);
        if (Kind is TaskKind.Binary or TaskKind.MultiClass)
        {
            var notices = new List<string>();
            int[] labels = TargetReader.Labels(rows, Columns[0], Names, SkipUnseen, Rest, own, notices);
            float[] values = Kind == TaskKind.Binary ? [.. labels.Select(l => l < 0 ? float.NaN : l)] : [];
            return new Targets(this, rows.Count, labels, values, values, notices);
        }

        float[] raw = TargetReader.Values(rows, Columns, Names.Count, zeroOrOne: Kind == TaskKind.MultiLabel, own);
        float[] scaled = raw;
        if (Scalers is not null)
        {
            scaled = new float[raw.Length];
            for (int i = 0; i < raw.Length; i++)
            {
                scaled[i] = float.IsNaN(raw[i]) ? float.NaN : Scalers[i % Scalers.Count].Apply(raw[i]);
            }
        }

        return new Targets(this, rows.Count, [], scaled, raw, []);
    }

    /// <summary>Brings the outputs of a regression back to the unit of the truths, in place; leaves those of other kinds alone.</summary>
    /// <param name="outputs">[rows, outputs].</param>
    public void Invert(Span<float> outputs)
    {
        for (int i = 0; Scalers is not null && i < outputs.Length; i++)
        {
            outputs[i] = Scalers[i % Scalers.Count].Invert(outputs[i]);
        }
    }

    /// <summary>The mean of the training rows' truths of each output of a regression; null where it was not learned.</summary>
    public IReadOnlyList<double>? TrainingMeans() => Scalers?.All(s => s.Kind == NumberScaling.Standard) == true ? [.. Scalers.Select(s => s.Center)] : null;

    /// <summary>The encoder as JSON text, for a model file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, TargetJson.Default.TargetEncoder);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <param name="json">The text; checked, because it comes from a file.</param>
    /// <param name="file">The file it stands in, for messages.</param>
    /// <exception cref="GraftInputException">It is no encoder.</exception>
    public static TargetEncoder FromJson(string json, string file = "")
    {
        try
        {
            return JsonSerializer.Deserialize(json, TargetJson.Default.TargetEncoder) ?? throw new JsonException("it is null");
        }
        catch (Exception e) when (e is JsonException or ArgumentException or NotSupportedException or NullReferenceException)
        {
            throw new GraftInputException(file, $"target: expected a fitted encoder, got JSON that is none: {e.Message.Split('\n')[0].TrimEnd('.')}.", inner: e);
        }
    }

    private static int[] Rows(bool[] chosen) => [.. Enumerable.Range(0, chosen.Length).Where(r => chosen[r])];

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {string.Join(", ", Columns.Take(5))} ({string.Join(", ", Names.Take(10))}{(Names.Count > 10 ? ", ..." : "")})";
}

/// <summary>How target encoders are written as JSON; generated, so that it works in a trimmed build.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TargetEncoder))]
internal sealed partial class TargetJson : JsonSerializerContext;
