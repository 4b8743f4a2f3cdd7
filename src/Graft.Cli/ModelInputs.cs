using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Pictures;
using Graft.Data.Sources;
using Graft.Tasks;

namespace Graft.Cli;

/// <summary>Reads what a model is asked about: tables, lines of text or pictures.</summary>
internal static class ModelInputs
{
    private const int MostFiles = 1_000_000;

    private static readonly string[] PictureEndings = [".png", ".jpg", ".jpeg"];

    /// <summary>Reads inputs as one data set with the columns that the model wants.</summary>
    /// <returns>The rows, and a name for each.</returns>
    /// <exception cref="GraftInputException">A file is missing, damaged, or of another kind than the model's inputs.</exception>
    public static (Dataset Rows, IReadOnlyList<string> Names) Read(TrainedModel model, IReadOnlyList<string> inputs)
    {
        string? picture = model.Inputs[0].Picture?.Column;
        return picture is not null ? ReadPictures(inputs, picture)
            : inputs.All(IsLines) ? ReadLines(model, inputs)
            : ReadTables(inputs);
    }

    // A line has no columns: that is enough for a model that reads one text.
    private static (Dataset Rows, IReadOnlyList<string> Names) ReadLines(TrainedModel model, IReadOnlyList<string> inputs)
    {
        string[] columns = [.. model.Inputs.SelectMany(i => i.Columns).Where(c => c is TokenEncoder or TextEncoder).Select(c => c.Column).Distinct()];
        if (columns.Length != 1 || model.Inputs.Any(i => i.Columns.Count > 1))
        {
            throw new GraftInputException(inputs[0], "expected a CSV file, because the model was trained on a table, got lines of text.");
        }

        var context = new DataContext(Directory.GetCurrentDirectory(), null, 1);
        Dataset lines = (inputs.Count == 1 ? new TextLinesSource(inputs[0], labeled: false) : new TextLinesSource(paths: inputs, labeled: false)).Read(context);
        return (new Dataset(lines.Name, [lines["text"].Rename(columns[0])]), Numbers(lines.Count));
    }

    private static string[] Numbers(int rows) => [.. Enumerable.Range(1, rows).Select(r => r.ToString(CultureInfo.InvariantCulture))];

    private static (Dataset Rows, IReadOnlyList<string> Names) ReadTables(IReadOnlyList<string> inputs)
    {
        if (inputs.FirstOrDefault(IsPicture) is { } strange)
        {
            throw new GraftInputException(strange, "expected a table, because the model was trained on one, got a picture.");
        }

        var context = new DataContext(Directory.GetCurrentDirectory(), null, 1);
        Dataset rows = (inputs.Count == 1 ? new CsvSource(inputs[0], header: true) : new CsvSource(paths: inputs, header: true)).Read(context);
        return (rows, Numbers(rows.Count));
    }

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

    private static bool IsLines(string path) => Path.GetExtension(path).Equals(".txt", StringComparison.OrdinalIgnoreCase);

    private static bool IsPicture(string path) => PictureEndings.Contains(Path.GetExtension(path), StringComparer.OrdinalIgnoreCase);
}
