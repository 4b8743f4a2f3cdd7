using Graft.Data;
using Graft.Data.Hdf5;

namespace Graft.Models.Formats;

/// <summary>Arrays of an HDF5 file as tensors, whose numbers are read when they are wanted.</summary>
internal static class Hdf5Weights
{
    private const int MaxDepth = 64;

    /// <summary>Every array of numbers, by its path; what holds texts or compounds is passed over.</summary>
    /// <param name="file">The file.</param>
    /// <exception cref="GraftInputException">It is damaged, or holds no numbers.</exception>
    public static IReadOnlyDictionary<string, NamedArray> All(Hdf5File file)
    {
        var tensors = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        var groups = new HashSet<long>();
        long room = Room(file);
        void Visit(string path, Hdf5Object at, int depth)
        {
            if (at.IsDataset)
            {
                if (at.Dataset.IsNumeric)
                {
                    tensors[path.Length == 0 ? "data" : path] = Tensor(file, at, path, ref room);
                }

                return;
            }

            if (!at.IsGroup || !groups.Add(at.Address))      // a group that was seen already: links may go in circles
            {
                return;
            }

            if (depth > MaxDepth)
            {
                throw file.Error($"expected at most {MaxDepth} groups in each other, got more");
            }

            foreach ((string name, long address) in at.Links)
            {
                Visit(path.Length == 0 ? name : $"{path}/{name}", file.Object(address), depth + 1);
            }
        }

        Visit("", file.Root, 0);
        return tensors.Count > 0 ? tensors : throw file.Error("expected at least one array of numbers, got none");
    }

    /// <summary>Bytes that all tensors together may take in memory.</summary>
    public static long Room(Hdf5File file) => (4 * file.Bytes.Length) + (8 << 20);

    /// <summary>One array as a tensor.</summary>
    /// <param name="file">The file.</param>
    /// <param name="at">The array.</param>
    /// <param name="path">What messages call it.</param>
    /// <param name="room">Bytes that are left for this and all others.</param>
    /// <exception cref="GraftInputException">It is damaged, or there is no room for it.</exception>
    public static NamedArray Tensor(Hdf5File file, Hdf5Object at, string path, ref long room)
    {
        Hdf5Dataset array = at.Dataset;
        array.Check();
        room -= 4L * array.Count;
        return room >= 0
            ? (array.IsPlain ? new NamedArray(array.Sizes, array.ReadPart) : new NamedArray(array.Sizes, array.Read)) with { Type = array.Type.Numbers }
            : throw file.Error($"expected at most {Room(file)} bytes of numbers in a file of {file.Bytes.Length} bytes, got more at '{path}'");
    }
}

internal sealed class Hdf5Format : WeightFormat
{
    public override string Name => "hdf5";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => IsHdf5(head, path) && !KerasFile.Recognizes(path);

    /// <summary>Whether a file is HDF5: by its first bytes, or by its name where a user block may come before.</summary>
    public static bool IsHdf5(ReadOnlySpan<byte> head, string path) =>
        Hdf5File.Recognizes(head) || Path.GetExtension(path).ToUpperInvariant() is ".H5" or ".HDF5";

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => Hdf5Weights.All(Hdf5File.Of(FileBytes.Open(path, isMapped: true)));
}
