using Graft.Data.Hdf5;

namespace Graft.Data.Sources;

/// <summary>Reads the variables of a MATLAB file of version 7.3, which is HDF5 behind a header.</summary>
/// <remarks>Matrices lie there with their axes turned, so that the numbers follow column by column as in the older files. Numbers and texts of one row are read; cells,
/// structures and sparse matrices are passed over.</remarks>
internal static class MatHdf5
{
    /// <summary>The variables by name, in the order of the file.</summary>
    /// <exception cref="GraftInputException">The file is damaged.</exception>
    public static IReadOnlyDictionary<string, MatValue> Read(string path, string shown)
    {
        using FileBytes bytes = FileBytes.Open(path, shown);
        long room = Hdf5File.UnpackLimit(bytes.Length);
        using var file = Hdf5File.Of(bytes, room);
        var variables = new Dictionary<string, MatValue>(StringComparer.Ordinal);
        foreach ((string name, long address) in file.Root.Links)
        {
            Hdf5Object at = file.Object(address);
            if (name.StartsWith('#'))      // where cells keep what is in them
            {
                continue;
            }

            string kind = at.Attributes.TryGetValue("MATLAB_class", out Hdf5Attribute? known) && known.Type.IsText && known.Texts() is [string text] ? text : "?";
            if (at.Attributes.ContainsKey("MATLAB_empty"))
            {
                variables[name] = new MatNumbers(kind, [0, 0], []);
                continue;
            }

            int[] axes = at.IsDataset ? [.. at.Dataset.Sizes.Reverse()] : [1, 1];
            axes = axes.Length >= 2 ? axes : axes.Length == 1 ? [axes[0], 1] : [1, 1];
            if (!at.IsDataset || !at.Dataset.IsNumeric || kind is "cell" or "struct" or "function_handle")
            {
                variables[name] = new MatOther(at.Attributes.ContainsKey("MATLAB_sparse") ? "sparse (7.3)" : kind, axes);
                continue;
            }

            room -= 4L * at.Dataset.Count;
            var values = new float[room >= 0 ? at.Dataset.Count : throw file.Error("expected fewer numbers in a file of its length, got more")];
            at.Dataset.Read(values);
            variables[name] = kind == "char" && axes is [1, _] ? new MatText(axes, string.Concat(values.Select(v => (char)v))) : new MatNumbers(kind, axes, values);
        }

        return variables;
    }
}
