namespace Graft.Models.Formats;

/// <summary>Named arrays of numbers from a file, whatever program wrote it.</summary>
/// <param name="Format">The file's format: "safetensors" or "torch" ...</param>
/// <param name="Tensors">By name, in the order of the file.</param>
public sealed record WeightFile(string Format, IReadOnlyDictionary<string, NamedArray> Tensors)
{
    private const int HeadBytes = 16;

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
                return new WeightFile(format.Name, format.Read(path));
            }
        }

        throw new GraftInputException(path, $"expected weights in one of the formats {string.Join(", ", WeightFormat.All.Select(f => f.Name))}, got a file of another.");
    }
}
