namespace Graft.Models.Formats;

/// <summary>Named arrays of numbers from a file, whatever program wrote it.</summary>
public sealed class WeightFile
{
    private const int HeadBytes = 16;

    private readonly Lazy<IReadOnlyDictionary<string, NamedArray>> _tensors;

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

    /// <summary>Numbers in all of them.</summary>
    public long Count => Tensors.Values.Sum(t => t.Count);

    /// <summary>Reads a file; which format it is, its bytes say.</summary>
    /// <param name="path">A file of one of the formats of <see cref="WeightFormat.All"/>.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or of no format that is known.</exception>
    public static WeightFile Read(string path)
    {
        Span<byte> head = stackalloc byte[HeadBytes];
        int read;
        try
        {
            using FileStream stream = File.OpenRead(path);
            read = stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"expected a readable file of weights, got: {e.Message}", inner: e);
        }

        foreach (WeightFormat format in WeightFormat.All)
        {
            if (format.Recognizes(head[..read], path))
            {
                return new WeightFile(format, path);
            }
        }

        throw new GraftInputException(path, $"expected weights in one of the formats {string.Join(", ", WeightFormat.All.Select(f => f.Name))}, got a file of another.");
    }
}
