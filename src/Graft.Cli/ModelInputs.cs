using System.CommandLine;
using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Pictures;
using Graft.Data.Sources;
using Graft.Experiments.Catalogue;
using Graft.Experiments.Imports;
using Graft.Experiments.Runner;
using Graft.Experiments.Spec;
using Graft.Tasks;

namespace Graft.Cli;

/// <summary>Reads what a model is asked about or measured on: tables, sequences, lines of text or pictures, their columns as they were in training.</summary>
internal sealed class ModelInputs
{
    private const int MostFiles = 1_000_000;

    private static readonly Place _place = new(Place.CommandLine, 0, 0);
    private static readonly string[] PictureEndings = [".png", ".jpg", ".jpeg"];

    private readonly Option<string[]> _data = new("--data")
    {
        Description = "How rows are read, where it is not as in training: keys of a data set in an experiment file, such as --data header=false, --data encoding=latin-1, --data source=sequences or --data limit=100.",
        AllowMultipleArgumentsPerToken = false,
    };

    /// <summary>Adds the option to a command.</summary>
    public void AddTo(Command command) => command.Options.Add(_data);

    /// <summary>Reads files or folders as one data set with the columns that the model wants.</summary>
    /// <param name="parsed">The arguments.</param>
    /// <param name="model">The model.</param>
    /// <param name="paths">Files or folders; at least one.</param>
    /// <param name="hasAnswers">Whether the answers are there too: labels before lines of text, a folder a class.</param>
    /// <param name="catalogue">The sources that may be named.</param>
    /// <returns>The rows, and a name for each.</returns>
    /// <exception cref="GraftInputException">A file is missing, damaged, or of another kind than the model's inputs.</exception>
    public (Dataset Rows, IReadOnlyList<string> Names) Read(ParseResult parsed, TrainedModel model, IReadOnlyList<string> paths, bool hasAnswers, PartCatalogue catalogue)
    {
        string[] settings = parsed.GetValue(_data) ?? [];
        string? named = SourceSettings.SourceOf(settings), trained = SourceSettings.SourceOf(model.Settings);
        if (model.Inputs[0].Picture is { } picture && named is null && !hasAnswers)
        {
            return ReadPictures(paths, picture.Column);
        }

        var context = new DataContext(Directory.GetCurrentDirectory(), Environment.GetEnvironmentVariable("GRAFT_DATA"), 1, HomeFolder.OfProcess()) { Types = model.ColumnTypes() };
        string source = named ?? SourceOf(model, trained, context.Resolve(paths[0]));
        if (source == "csv" && paths.FirstOrDefault(IsPicture) is { } strange)
        {
            throw new GraftInputException(strange, "expected a table, because the model was trained on one, got a picture.");
        }

        IEnumerable<string> all = source == trained ? [.. SourceSettings.Trusted(model.Settings, source == "csv" && HasHeader(context.Resolve(paths[0]), context.Types.Keys)), .. settings] : settings;
        ImportedData data = catalogue.Bind<ImportedData>(SpecOverride.Apply(Describe(source, paths, hasAnswers, model), all));
        Dataset rows = ReadRows(data, context, settings.Length > 0);
        rows = source switch
        {
            "text-lines" => Rename(Rename(rows, "text", TextOf(model, paths[0])), "label", model.Targets[0].Columns[0]),
            "sequences" => Rename(rows, "values", model.Inputs[0].Columns[0].Column),
            _ => rows,
        };
        if (source == "csv" && !rows.Columns.Any(c => context.Types.ContainsKey(c.Name)))
        {
            throw new GraftInputException(rows.Name, $"expected columns named as in training ({Some(context.Types.Keys)}), got {Some(rows.Columns.Select(c => c.Name))}. Where the file has no header, say --data header=false and --data \"columns=[...]\".");
        }

        return (rows, [.. Enumerable.Range(0, rows.Count).Select(r => (rows.Lines?[r] ?? r + 1).ToString(CultureInfo.InvariantCulture))]);
    }

    private static string Some(IEnumerable<string> names) => string.Join(", ", names.Take(8)) + (names.Count() > 8 ? ", ..." : "");

    private static string SourceOf(TrainedModel model, string? trained, string path) =>
        Directory.Exists(path) ? "folder"
        : Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase) ? "text-lines"
        : model.Inputs[0].Columns[0] is SequenceEncoder ? "sequences"
        : Path.GetExtension(path).Equals(".csv", StringComparison.OrdinalIgnoreCase) || trained is not ("text-lines" or "sequences") ? "csv" : trained;

    // Whether a cell of the first line is the name of a column that the model knows.
    private static bool HasHeader(string path, IEnumerable<string> known)
    {
        using var reader = new StreamReader(path);
        var start = new char[1 << 16];
        string text = new(start, 0, reader.ReadBlock(start));
        return text.Split(['\r', '\n'], 2)[0].Split([',', ';', '|', '\t']).Select(c => c.Trim().Trim('"')).Intersect(known, StringComparer.Ordinal).Any();
    }

    // A data set of an experiment file, as it would stand there.
    private static SpecMap Describe(string source, IReadOnlyList<string> paths, bool hasAnswers, TrainedModel model)
    {
        static SpecScalar Text(string text) => new(_place, text, isQuoted: true);
        var entries = new List<SpecEntry>
        {
            new("source", _place, Text(source)),
            paths.Count == 1 ? new("path", _place, Text(paths[0])) : new("paths", _place, new SpecList(_place, [.. paths.Select(Text)])),
        };
        if (source == "csv")
        {
            entries.Add(new("header", _place, new SpecScalar(_place, "true")));
        }

        if (source == "text-lines" && !hasAnswers)
        {
            entries.Add(new("labeled", _place, new SpecScalar(_place, "false")));
        }

        if (source == "sequences" && hasAnswers)
        {
            entries.Add(new("labels", _place, new SpecList(_place, [.. model.Targets.SelectMany(t => t.Columns).Distinct().Select(Text)])));
        }

        return new SpecMap(_place, entries);
    }

    private static Dataset ReadRows(ImportedData data, DataContext context, bool isSaid)
    {
        try
        {
            Dataset rows = data.Source.Create().Read(context);
            return data.Limit is { } limit && limit < rows.Count ? rows.Take([.. Enumerable.Range(0, limit)]) : rows;
        }
        catch (GraftInputException e) when (!isSaid)
        {
            throw new GraftInputException([.. e.Findings, new Finding("", 0, 0, "How rows are read is said by --data KEY=VALUE, such as --data encoding=latin-1 or --data \"columns=[a, b]\".")], e);
        }
    }

    // A line has no columns: that is enough for a model that reads one text.
    private static string TextOf(TrainedModel model, string path)
    {
        string[] columns = [.. model.Inputs.SelectMany(i => i.Columns).Where(c => c is TokenEncoder or TextEncoder).Select(c => c.Column).Distinct()];
        return columns.Length == 1 && model.Inputs.All(i => i.Columns.Count == 1)
            ? columns[0]
            : throw new GraftInputException(path, "expected a CSV file, because the model was trained on a table, got lines of text.");
    }

    // Columns that a source names itself are called as in training, which may have read another one.
    private static Dataset Rename(Dataset rows, string from, string to) => rows.TryGet(to, out _)
        ? rows
        : new Dataset(rows.Name, [.. rows.Columns.Select(c => c.Name == from ? c.Rename(to) : c)]) { Notices = rows.Notices, Lines = rows.Lines };

    private static (Dataset Rows, IReadOnlyList<string> Names) ReadPictures(IReadOnlyList<string> inputs, string column)
    {
        string[] files = [.. inputs.SelectMany(Files).Take(MostFiles)];
        string? strange = files.FirstOrDefault(f => !IsPicture(f));
        if (strange is not null || files.Length == 0)
        {
            throw new GraftInputException(strange ?? string.Join(", ", inputs), $"expected pictures ({string.Join(", ", PictureEndings)}), because the model was trained on them, got {(strange is null ? "none" : "something else")}.");
        }

        var pictures = new PictureColumn(column, files.Length, i => PictureDecoder.Decode(ReadFile(files[i]), files[i]));
        return (new Dataset("pictures", [pictures]), files);
    }

    private static IEnumerable<string> Files(string input) => Directory.Exists(input)
        ? Directory.EnumerateFiles(input, "*", SearchOption.AllDirectories).Where(IsPicture).Order(StringComparer.Ordinal)
        : [input];

    private static byte[] ReadFile(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"expected a readable picture, got: {e.Message.TrimEnd('.')}.", inner: e);
        }
    }

    private static bool IsPicture(string path) => PictureEndings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
