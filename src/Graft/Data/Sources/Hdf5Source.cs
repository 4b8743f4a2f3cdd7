using System.Globalization;
using Graft.Data.Hdf5;

namespace Graft.Data.Sources;

/// <summary>Arrays of numbers of an HDF5 file (.h5, .hdf5; MATLAB 7.3 too, whose matrices lie there with their axes turned).</summary>
/// <remarks>
/// <para>The first axis counts rows. Unsigned bytes with axes [rows, height, width] or [rows, height, width, 1 or 3] become the column "picture"; a single axis becomes
/// the column "value"; anything else becomes the column "features", axes after the first laid out flat.</para>
/// <para>Targets become the column "target" (several: "target1", "target2", ...), or "label" where they are classes; [1, rows] is read as [rows].</para>
/// <para>Arrays may be packed with deflate, shuffle and Fletcher's checksum.</para>
/// </remarks>
/// <param name="path">The file; relative to the experiment file or to the data folder.</param>
/// <param name="inputs">The path of the array of inputs within the file, such as "train/data"; left out, the only one, or the first of data, x, X, features, images, inputs that the group has.</param>
/// <param name="targets">The path of the array of targets; left out, the first of target, targets, label, labels, y, Y that the group has, if any.</param>
/// <param name="group">The group that both paths start at, such as "train"; left out, the outermost.</param>
/// <param name="classes">Whether targets are classes.</param>
/// <param name="hint">Where to get the file; said where it is missing.</param>
[Named("hdf5")]
public sealed class Hdf5Source(string path, string? inputs = null, string? targets = null, string? group = null, bool classes = false, string? hint = null) : DataSource
{
    private static readonly string[] UsualInputs = ["data", "x", "X", "features", "images", "inputs"];
    private static readonly string[] UsualTargets = ["target", "targets", "label", "labels", "y", "Y"];

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        string full = context.Resolve(path, hint);
        using FileBytes bytes = FileBytes.Open(full, path);
        using var file = Hdf5File.Of(bytes, Hdf5File.UnpackLimit(bytes.Length));
        Hdf5Object at = group is null ? file.Root : file.Root.Find(group) is { IsGroup: true } found ? found : throw Refuse($"group: expected the path of a group, got '{group}'. There are {List(file, file.Root)}");
        Hdf5Dataset x = Array(file, at, inputs ?? Usual(at, UsualInputs) ?? Only(file, at), nameof(inputs));
        Hdf5Dataset? y = (targets ?? Usual(at, UsualTargets)) is { } name ? Array(file, at, name, nameof(targets)) : null;
        int rows = x.Sizes.Length == 0 ? 1 : x.Sizes[0];
        if (x.Count == 0)
        {
            throw Refuse("expected at least one row with at least one value, got none");
        }

        var columns = new List<Column> { Inputs(x, rows) };
        if (y is not null)
        {
            bool isRow = y.Sizes is [1, _] && y.Count == rows;
            if (!isRow && (y.Sizes.Length == 0 || y.Sizes[0] != rows || y.Count == 0))
            {
                throw Refuse($"expected a row of targets for each of the {rows} rows of inputs, got [{string.Join(", ", y.Sizes)}]");
            }

            float[] values = Values(y);
            int width = y.Count / rows;
            for (int i = 0; i < width; i++)
            {
                float[] one = width == 1 ? values : [.. Enumerable.Range(0, rows).Select(row => values[(row * width) + i])];
                string column = (classes ? "label" : "target") + (width == 1 ? "" : (i + 1).ToString(CultureInfo.InvariantCulture));
                columns.Add(classes ? CategoryColumn.From(column, [.. one.Select(v => float.IsNaN(v) ? null : v.ToString(CultureInfo.InvariantCulture))]) : new NumberColumn(column, one));
            }
        }

        return new Dataset(path, columns);
    }

    /// <inheritdoc/>
    public override string ToString() => $"hdf5({path})";

    private static float[] Values(Hdf5Dataset array)
    {
        var values = new float[array.Count];
        array.Read(values);
        return values;
    }

    private static Column Inputs(Hdf5Dataset x, int rows)
    {
        float[] values = Values(x);
        int width = x.Count / rows;
        if (x.Type.Numbers != "U8" || x.Sizes is not ([_, <= 65535, <= 65535] or [_, <= 65535, <= 65535, 1 or 3]))
        {
            return x.Sizes.Length <= 1 ? new NumberColumn("value", values) : new VectorColumn("features", values, width);
        }

        byte[] pixels = System.Array.ConvertAll(values, v => (byte)v);
        return new PictureColumn("picture", rows, row => new Picture(x.Sizes[2], x.Sizes[1], x.Sizes.Length == 4 ? x.Sizes[3] : 1, pixels[(row * width)..((row + 1) * width)]));
    }

    private static string? Usual(Hdf5Object at, string[] names) => System.Array.Find(names, n => at.Find(n) is { IsDataset: true });

    private string Only(Hdf5File file, Hdf5Object at)
    {
        string[] arrays = [.. at.Links.Where(l => file.Object(l.Address) is { IsDataset: true } o && o.Dataset.IsNumeric).Select(l => l.Name)];
        return arrays.Length == 1 ? arrays[0] : throw Refuse($"inputs: expected the path of an array, got none. There are {List(file, at)}");
    }

    private Hdf5Dataset Array(Hdf5File file, Hdf5Object at, string name, string key)
    {
        Hdf5Dataset array = at.Find(name) is { IsDataset: true } found ? found.Dataset : throw Refuse($"{key}: expected the path of an array, got '{name}'. There are {List(file, at)}");
        return array.IsNumeric ? array : throw Refuse($"{key}: expected an array of numbers, got {array.Type.Shown} at '{name}'");
    }

    private static string List(Hdf5File file, Hdf5Object at)
    {
        string[] members = [.. at.Links.Take(12).Select(l => file.Object(l.Address) is { IsDataset: true } o ? $"{l.Name} [{string.Join(", ", o.Dataset.Sizes)}]" : $"{l.Name}/")];
        return members.Length == 0 ? "none" : string.Join(", ", members) + (at.Links.Count > 12 ? ", ..." : "");
    }

    private GraftInputException Refuse(string message) => new(path, message + ".");
}
