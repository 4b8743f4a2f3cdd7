using System.IO.Compression;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Models.Formats;

/// <summary>Vectors of words learned elsewhere, to start embeddings with.</summary>
/// <remarks>
/// <para>Reads GloVe's text (a word and its numbers a line), the same behind a line of counts as word2vec and fastText write it, both packed with gzip too, word2vec's binary
/// form, and JavaScript of the form <c>var name = {"word":[numbers], ...};</c>.</para>
/// <para>Only wanted words are kept where they are named, so that a file of gigabytes needs the memory of the words alone. Where a word comes twice, the first counts.</para>
/// </remarks>
public sealed class WordVectors
{
    /// <summary>What the format is called: <see cref="WeightFile.Format"/>.</summary>
    public const string FormatName = "word-vectors";

    private readonly Dictionary<string, int> _rows;
    private readonly float[] _values;

    internal WordVectors(Dictionary<string, int> rows, string[] words, int size, float[] values)
    {
        _rows = rows;
        _values = values;
        Words = words;
        Size = size;
    }

    /// <summary>The words, in the order of the file; shape [N].</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>Numbers a word, D.</summary>
    public int Size { get; }

    /// <summary>Row-major, shape [N, D].</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Words.Count * Size);

    /// <summary>The row of a word, or -1 where it has none.</summary>
    /// <param name="word">As the file writes it.</param>
    public int Find(string word) => _rows.GetValueOrDefault(word, -1);

    /// <summary>The vector of a row; shape [D].</summary>
    /// <param name="row">From 0 to below the number of words.</param>
    public ReadOnlySpan<float> Row(int row) => Values.Slice(row * Size, Size);

    /// <summary>Whether a file looks like vectors of words: by how its first line is written.</summary>
    /// <param name="path">The file.</param>
    public static bool Recognizes(string path)
    {
        try
        {
            using Stream stream = Open(path);
            var first = new byte[1 << 14];
            int read = stream.ReadAtLeast(first, first.Length, throwOnEndOfStream: false);
            return WordVectorReader.FormOf(first.AsSpan(0, read)) != WordVectorForm.None;
        }
        catch (Exception e) when (e is GraftInputException or IOException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>Reads a file.</summary>
    /// <param name="path">A file of one of the forms named above.</param>
    /// <param name="wanted">The words that are kept; null for all.</param>
    /// <exception cref="GraftInputException">It cannot be read, is damaged, or of another form.</exception>
    public static WordVectors Read(string path, IReadOnlySet<string>? wanted = null)
    {
        using Stream stream = Open(path);
        return Read(stream, new FileInfo(path).Length, path, wanted);
    }

    internal static WordVectors Read(Stream stream, long length, string shown, IReadOnlySet<string>? wanted = null) => new WordVectorReader(stream, length, shown, wanted).Read();

    internal static Stream Open(string path)
    {
        FileStream file = SourceFile.Open(path, path);
        if (file.ReadByte() == 0x1F && file.ReadByte() == 0x8B)
        {
            file.Position = 0;
            return new GZipStream(file, CompressionMode.Decompress);
        }

        file.Position = 0;
        return file;
    }
}

internal sealed class WordVectorFormat : WeightFormat
{
    public override string Name => WordVectors.FormatName;

    public override bool IsReadWhenWanted => true;

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => WordVectors.Recognizes(path);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path)
    {
        WordVectors vectors = WordVectors.Read(path);
        return new Dictionary<string, NamedArray> { ["vectors"] = new NamedArray([vectors.Words.Count, vectors.Size], into => vectors.Values.CopyTo(into)) };
    }

    // In the order of the rows, a line each.
    public override IReadOnlyDictionary<string, string> Facts(string path) => new Dictionary<string, string> { ["words"] = string.Join('\n', WordVectors.Read(path).Words) };
}
