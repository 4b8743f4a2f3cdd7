using System.Globalization;
using System.IO.Compression;

namespace Graft.Data.Sources;

/// <summary>Arrays of numbers that NumPy saved (.npy, .npz). Arrays of Python objects are refused, because loading them can run code.</summary>
/// <remarks>
/// <para>The first axis counts rows. Unsigned bytes with axes [rows, height, width] or [rows, height, width, 1 or 3], or with <paramref name="shape"/>, become
/// the column "picture"; a single axis becomes the column "value"; anything else becomes the column "features", axes after the first laid out flat.</para>
/// <para>Targets become the column "target" (several: "target1", "target2", ...), or "label" where they are classes.</para>
/// </remarks>
/// <param name="path">The file; relative to the experiment file or to the data folder.</param>
/// <param name="inputs">In an .npz file, the name of the array of inputs; left out, x, X, x_train, features, data or images, or the only array.</param>
/// <param name="targets">In an .npz file, the name of the array of targets; left out, y, Y, y_train, labels or targets if it is there.</param>
/// <param name="labels">Another .npy file with the targets.</param>
/// <param name="labelColumn">first, last or the 0-based number of the column of a matrix that holds the classes.</param>
/// <param name="classes">Whether targets are classes.</param>
/// <param name="shape">Height and width, or height, width and channels, of pictures whose bytes lie in one row each.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("numpy")]
public sealed class NumpySource(
    string path,
    string? inputs = null,
    string? targets = null,
    string? labels = null,
    string? labelColumn = null,
    bool classes = false,
    IReadOnlyList<int>? shape = null,
    string? hint = null) : DataSource
{
    private const int MaxArrays = 10_000;

    private static readonly string[] UsualInputs = ["x", "X", "x_train", "features", "data", "images"];
    private static readonly string[] UsualTargets = ["y", "Y", "y_train", "labels", "targets"];

    private readonly int[]? _shape = shape is null or [> 0 and <= 65535, > 0 and <= 65535] or [> 0 and <= 65535, > 0 and <= 65535, 1 or 3]
        ? shape?.ToArray()
        : throw new ArgumentException($"shape: expected height and width, or height, width and 1 or 3 channels, got [{string.Join(", ", shape)}].");

    private readonly int? _labelColumn = labelColumn switch
    {
        null => null,
        "first" => 0,
        "last" => -1,
        _ when int.TryParse(labelColumn, NumberStyles.None, CultureInfo.InvariantCulture, out int index) => index,
        _ => throw new ArgumentException($"labelColumn: expected first, last or a number from 0, got '{labelColumn}'."),
    };

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        byte[] file = SourceFile.Read(context.Resolve(path, hint), path);
        (NpyArray x, NpyArray? y) = file is [(byte)'P', (byte)'K', ..] ? FromArchive(file) : (NpyArray.Read(file, path), null);
        if (labels is not null)
        {
            y = NpyArray.Read(SourceFile.Read(context.Resolve(labels, hint), labels), labels);
        }

        if (x.Rows == 0 || x.Width == 0)
        {
            throw Refuse($"expected at least one row with at least one value, got {x}");
        }

        var columns = new List<Column>();
        Inputs(x, columns);
        if (y is not null)
        {
            if (y.Rows != x.Rows)
            {
                throw new GraftInputException(labels ?? path, $"expected a row of targets for each of the {x.Rows} rows of inputs, got {y}.");
            }

            float[] values = y.Floats();
            for (int i = 0; i < y.Width; i++)
            {
                string number = y.Width == 1 ? "" : (i + 1).ToString(CultureInfo.InvariantCulture);
                columns.Add(Target((classes ? "label" : "target") + number, Every(values, i, y.Width), classes));
            }
        }

        return new Dataset(path, columns);
    }

    /// <inheritdoc/>
    public override string ToString() => $"numpy({path})";

    private static float[] Every(float[] values, int start, int step)
    {
        var taken = new float[values.Length / step];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = values[start + (i * step)];
        }

        return taken;
    }

    private static Column Target(string name, float[] values, bool isClass) => isClass
        ? CategoryColumn.From(name, [.. values.Select(v => float.IsNaN(v) ? null : v.ToString(CultureInfo.InvariantCulture))])
        : new NumberColumn(name, values);

    private void Inputs(NpyArray x, List<Column> columns)
    {
        int width = x.Width;
        int labelAt = _labelColumn ?? -2;
        labelAt = labelAt == -1 ? width - 1 : labelAt;
        if (labelAt >= 0 && (labelAt >= width || width == 1))
        {
            throw Refuse($"labelColumn: expected a column below {width}, and another one beside it, got {labelAt}");
        }

        int left = labelAt >= 0 ? width - 1 : width;
        int[]? picture = _shape ?? (x.IsBytes && labelAt < 0 && x.Shape is [_, > 0 and <= 65535, > 0 and <= 65535] or [_, > 0 and <= 65535, > 0 and <= 65535, 1 or 3] ? x.Shape[1..] : null);
        if (picture is not null)
        {
            long length = picture.Aggregate(1L, (a, b) => a * b);
            if (length != left || !x.IsBytes)
            {
                throw Refuse($"shape: expected bytes, {length} a row, got {x}");
            }

            byte[] bytes = x.Bytes();
            columns.Add(new PictureColumn("picture", x.Rows, row => Picture(bytes.AsSpan(row * width, width), labelAt, picture, left)));
            if (labelAt >= 0)
            {
                columns.Add(Target("label", Every(Array.ConvertAll(bytes, b => (float)b), labelAt, width), isClass: true));
            }

            return;
        }

        float[] values = x.Floats();
        if (labelAt >= 0)
        {
            var inputs = new float[x.Rows * left];
            for (int row = 0; row < x.Rows; row++)
            {
                values.AsSpan(row * width, labelAt).CopyTo(inputs.AsSpan(row * left));
                values.AsSpan((row * width) + labelAt + 1, left - labelAt).CopyTo(inputs.AsSpan((row * left) + labelAt));
            }

            columns.Add(new VectorColumn("features", inputs, left));
            columns.Add(Target("label", Every(values, labelAt, width), isClass: true));
        }
        else
        {
            columns.Add(x.Shape.Length <= 1 ? new NumberColumn("value", values) : new VectorColumn("features", values, width));
        }
    }

    private static Picture Picture(ReadOnlySpan<byte> row, int labelAt, int[] size, int length)
    {
        var pixels = new byte[length];
        int before = labelAt < 0 ? length : labelAt;
        row[..before].CopyTo(pixels);
        row[Math.Min(row.Length, before + 1)..].CopyTo(pixels.AsSpan(before));
        return new Picture(size[1], size[0], size.Length == 3 ? size[2] : 1, pixels);
    }

    private (NpyArray X, NpyArray? Y) FromArchive(byte[] file)
    {
        using ZipArchive zip = SourceFile.Guarded(path, () => new ZipArchive(new MemoryStream(file), ZipArchiveMode.Read));
        System.Collections.ObjectModel.ReadOnlyCollection<ZipArchiveEntry> entries = SourceFile.Guarded(path, () => zip.Entries);
        if (entries.Count > MaxArrays)
        {
            throw Refuse($"expected at most {MaxArrays} arrays, got {entries.Count}");
        }

        var byName = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in entries)
        {
            byName[entry.FullName.EndsWith(".npy", StringComparison.Ordinal) ? entry.FullName[..^4] : entry.FullName] = entry;
        }

        string x = inputs ?? Array.Find(UsualInputs, byName.ContainsKey) ?? (byName.Count == 1 ? byName.Keys.First() : "");
        string? y = targets ?? Array.Find(UsualTargets, byName.ContainsKey);
        long left = SourceFile.UnpackLimit(file.Length);
        NpyArray Open(string name, string key)
        {
            if (!byName.TryGetValue(name, out ZipArchiveEntry? entry))
            {
                throw Refuse($"{key}: expected the name of an array, got '{name}'. There are {string.Join(", ", byName.Keys.Take(12))}{(byName.Count > 12 ? ", ..." : "")}");
            }

            using Stream stream = SourceFile.Guarded(path, entry.Open);
            byte[] bytes = SourceFile.ReadAll(stream, left, path);
            left -= bytes.Length;
            return NpyArray.Read(bytes, $"{path}/{name}");
        }

        return (Open(x, nameof(inputs)), y is null || labels is not null ? null : Open(y, nameof(targets)));
    }

    private GraftInputException Refuse(string message) => new(path, message + ".");
}
