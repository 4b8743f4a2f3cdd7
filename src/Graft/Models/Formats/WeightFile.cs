namespace Graft.Models.Formats;

/// <summary>Named arrays of numbers from a file, whatever program wrote it.</summary>
public sealed class WeightFile
{
    private readonly Lazy<IReadOnlyDictionary<string, NamedArray>> _tensors;
    private readonly WeightFormat? _format;

    /// <summary>Arrays that are in memory.</summary>
    /// <param name="format">The file's format: "safetensors" or "torch" ...</param>
    /// <param name="tensors">By name, in the order of the file.</param>
    public WeightFile(string format, IReadOnlyDictionary<string, NamedArray> tensors)
    {
        Format = format;
        _tensors = new(() => tensors);
    }

    private WeightFile(WeightFormat format, string path)
    {
        _format = format;
        Format = format.Name;
        Path = path;
        _tensors = new(() => format.Read(path));
        if (!format.IsReadWhenWanted)
        {
            _ = _tensors.Value;
        }
    }

    /// <summary>The file's format: "safetensors" or "torch" ...</summary>
    public string Format { get; }

    /// <summary>The file; empty where the arrays came from none.</summary>
    public string Path { get; } = "";

    /// <summary>By name, in the order of the file.</summary>
    /// <exception cref="GraftInputException">The format is one that is read when it is wanted, and the file is damaged.</exception>
    public IReadOnlyDictionary<string, NamedArray> Tensors => _tensors.Value;

    /// <summary>What the file says besides its tensors, by name; read each time.</summary>
    /// <exception cref="GraftInputException">It cannot be read or is damaged.</exception>
    public IReadOnlyDictionary<string, string> ReadFacts() => _format?.Facts(Path) ?? new Dictionary<string, string>();

    /// <summary>Numbers in all of them.</summary>
    public long Count => Tensors.Values.Sum(t => t.Count);

    /// <summary>Reads a file; which format it is, its bytes say.</summary>
    /// <param name="path">A file of one of the formats of <see cref="WeightFormat.All"/>.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or of no format that is known.</exception>
    public static WeightFile Read(string path) => new(WeightFormat.Of(path), path);
}
