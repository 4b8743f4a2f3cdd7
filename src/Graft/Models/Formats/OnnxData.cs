using Graft.Data;
using Graft.Models.Formats.Onnx;

namespace Graft.Models.Formats;

/// <summary>Where the numbers of a model's tensors lie: within its file, or in files beside it.</summary>
/// <remarks>Files beside it are named by a path below the model's folder; one that leads elsewhere is refused. All tensors of such a file together take at most twice its bytes.</remarks>
/// <param name="file">The model's file; kept open as long as its tensors are in use.</param>
/// <param name="folder">The folder for files beside it; null where the model came from no file.</param>
internal sealed class OnnxData(FileBytes file, string? folder)
{
    private const int MostFiles = 1000;

    private readonly Dictionary<string, (FileBytes File, long Room)> _others = new(StringComparer.Ordinal);

    /// <summary>What messages call the model's file.</summary>
    public string Shown => file.Shown;

    /// <summary>The range of a tensor's numbers in a file, as they lie in memory; null where they stand in the message.</summary>
    /// <param name="tensor">The tensor.</param>
    /// <exception cref="GraftInputException">The range is damaged, or leads elsewhere.</exception>
    public (FileBytes File, long Start, long Length)? RangeOf(TensorProto tensor) =>
        tensor.HasRangeStart ? (file, checked((long)tensor.RangeStart), checked((long)tensor.RangeBytes))
        : tensor.DataLocation == TensorProto.Types.DataLocation.External || tensor.ExternalData.Count > 0 ? Outside(tensor)
        : null;

    private (FileBytes File, long Start, long Length) Outside(TensorProto tensor)
    {
        if (folder is null)
        {
            throw Wrong(tensor, "numbers inside the file", "a reference to another file. Save the model as one file");
        }

        string location = Text(tensor, "location") ?? "";
        if (!_others.TryGetValue(location, out (FileBytes File, long Room) other))
        {
            string[] parts = location.Split('/', '\\');
            if (Path.IsPathRooted(location) || location.Contains(':') || parts.Any(p => p.Trim() is "" or "." or "..") || location.Any(char.IsControl))
            {
                throw Wrong(tensor, "numbers in a file below the model's folder", $"'{OnnxFile.Short(location)}'");
            }

            if (_others.Count == MostFiles)
            {
                throw Wrong(tensor, $"at most {MostFiles} files of numbers", "more");
            }

            FileBytes opened = FileBytes.Open(Path.Combine([folder, .. parts]), isMapped: true);
            other = (opened, 2 * opened.Length);
        }

        long start = Number(tensor, "offset") ?? 0, length = Number(tensor, "length") ?? other.File.Length - start;
        if (start < 0 || length < 0 || start > other.File.Length || length > other.File.Length - start || length > other.Room)
        {
            throw Wrong(tensor, $"numbers within the {other.File.Length} bytes of '{OnnxFile.Short(location)}', each once", $"{length} from {start}");
        }

        _others[location] = (other.File, other.Room - length);
        return (other.File, start, length);
    }

    private static string? Text(TensorProto tensor, string key) => tensor.ExternalData.FirstOrDefault(e => e.Key == key)?.Value;

    private long? Number(TensorProto tensor, string key) => Text(tensor, key) is not { } text ? null
        : long.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out long number) ? number
        : throw Wrong(tensor, $"'{key}' of its file as a number", $"'{OnnxFile.Short(text)}'");

    private GraftInputException Wrong(TensorProto tensor, string expected, string actual) => OnnxTensor.Wrong(tensor, Shown, expected, actual);
}
