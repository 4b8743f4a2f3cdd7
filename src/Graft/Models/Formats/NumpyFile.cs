using System.Buffers;
using System.Globalization;
using System.IO.Compression;
using Graft.Data;
using Graft.Data.Sources;

namespace Graft.Models.Formats;

/// <summary>Arrays of numbers that NumPy saved: one (.npy, which gets the name "data") or an archive of several (.npz).</summary>
/// <remarks>Both byte orders, both orders of axes, versions 1 to 3. Arrays of Python objects are refused, because loading them can run code. Numbers are read when they
/// are wanted.</remarks>
internal static class NumpyFile
{
    private const int MaxArrays = 100_000;
    private const int Block = 1 << 16;

    /// <summary>Whether a file begins as an array does, or as an archive whose first part is one.</summary>
    /// <param name="head">Its first bytes.</param>
    /// <param name="path">The file.</param>
    public static bool Recognizes(ReadOnlySpan<byte> head, string path)
    {
        if (!head.StartsWith("PK\u0003\u0004"u8))
        {
            return head.StartsWith((byte[])[0x93, .. "NUMPY"u8]);
        }

        // The name of an archive's first part begins at byte 30; its length stands at byte 26.
        using FileBytes file = FileBytes.Open(path);
        byte[] start = file.Take(0, Math.Min(file.Length, 512), "an archive");
        int length = start.Length > 30 ? start[26] : 0;
        return start.AsSpan(Math.Min(30, start.Length)) is { } rest && rest.Length >= length && rest[..length].EndsWith(".npy"u8);
    }

    /// <summary>Reads a file's arrays.</summary>
    /// <exception cref="GraftInputException">It is damaged, or holds something other than numbers.</exception>
    public static IReadOnlyDictionary<string, NamedArray> Read(string path)
    {
        FileBytes file = FileBytes.Open(path);
        if (file.Length < 2 || !file.Take(0, 2, "a signature").AsSpan().SequenceEqual("PK"u8))
        {
            return Single(file);
        }

        file.Dispose();
        return Archive(SourceFile.Open(path, path), path);
    }

    /// <summary>The only array of a file.</summary>
    public static IReadOnlyDictionary<string, NamedArray> Single(FileBytes file)
    {
        byte[] first = file.Take(0, Math.Min(12, file.Length), "a header");
        int length = (int)Math.Min(NpyHeader.LengthOf(first), file.Length);
        var header = NpyHeader.Read(new ByteReader(file.Take(0, Math.Max(length, first.Length), "a header"), file.Shown));
        if (header.Bytes != file.Length - length)
        {
            throw Damaged(file.Shown, $"{header.Bytes} bytes for {header}", (file.Length - length).ToString(CultureInfo.InvariantCulture));
        }

        return new Dictionary<string, NamedArray>
        {
            ["data"] = new NamedArray(header.Shape, Turned(header, into => NumberBytes.Read(header.Numbers, file, length, into, header.IsBigEndian))) { Type = header.Numbers },
        };
    }

    /// <summary>The arrays of an archive.</summary>
    public static IReadOnlyDictionary<string, NamedArray> Archive(Stream stream, string shown)
    {
        ZipArchive zip = Guarded(shown, () => new ZipArchive(stream, ZipArchiveMode.Read));
        IReadOnlyList<ZipArchiveEntry> entries = Guarded(shown, () => zip.Entries);
        long room = (4 * stream.Length) + (8 << 20);
        var tensors = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        foreach (ZipArchiveEntry entry in entries)
        {
            string name = entry.FullName.EndsWith(".npy", StringComparison.Ordinal) ? entry.FullName[..^4] : entry.FullName;
            using Stream data = Guarded(shown, entry.Open);
            (NpyHeader header, int length) = Header(data, $"{shown}/{name}");
            room -= 4L * header.Count;
            if (entry.Length != length + header.Bytes || room < 0)
            {
                throw Damaged(shown, $"'{name}' {header} in {length + header.Bytes} bytes, and all numbers in {(4 * stream.Length) + (8 << 20)}", $"{entry.Length} bytes{(room < 0 ? " and more numbers" : "")}");
            }

            var array = new NamedArray(header.Shape, Turned(header, into => ReadPart(zip, entry, length, header, into, shown))) { Type = header.Numbers };
            if (tensors.Count == MaxArrays || !tensors.TryAdd(name, array))
            {
                throw Damaged(shown, $"at most {MaxArrays} arrays with distinct names", $"'{name}' again");
            }
        }

        return tensors.Count > 0 ? tensors : throw Damaged(shown, "at least one array", "none");
    }

    private static (NpyHeader Header, int Length) Header(Stream data, string shown)
    {
        var first = new byte[12];
        int read = Guarded(shown, () => data.ReadAtLeast(first, first.Length, throwOnEndOfStream: false));
        int length = NpyHeader.LengthOf(first.AsSpan(0, read));
        var bytes = new byte[Math.Max(read, length)];
        first.AsSpan(0, read).CopyTo(bytes);
        int all = read + Guarded(shown, () => data.ReadAtLeast(bytes.AsSpan(read), bytes.Length - read, throwOnEndOfStream: false));
        return (NpyHeader.Read(new ByteReader(bytes.AsMemory(0, all), shown)), length);
    }

    // An archive is read by one thread at a time.
    private static void ReadPart(ZipArchive zip, ZipArchiveEntry entry, int start, NpyHeader header, Span<float> into, string shown)
    {
        int width = NumberBytes.WidthOf(header.Numbers), most = Block / width;
        lock (zip)
        {
            byte[] block = ArrayPool<byte>.Shared.Rent(Math.Max(Block, start));
            using Stream data = Guarded(shown, entry.Open);
            Fill(data, block, start, shown);
            for (int done = 0; done < into.Length; done += most)
            {
                Span<float> some = into[done..Math.Min(into.Length, done + most)];
                Fill(data, block, some.Length * width, shown);
                NumberBytes.Read(header.Numbers, block, some, header.IsBigEndian);
            }

            ArrayPool<byte>.Shared.Return(block);
        }
    }

    private static void Fill(Stream data, byte[] block, int count, string shown)
    {
        if (Guarded(shown, () => data.ReadAtLeast(block.AsSpan(0, count), count, throwOnEndOfStream: false)) < count)
        {
            throw Damaged(shown, $"{count} more bytes of numbers", "the end");
        }
    }

    // What is stored with its first axis fastest is read aside and turned.
    private static NumberReader Turned(NpyHeader header, NumberReader read) => !header.IsFortran || header.Shape.Length < 2 ? read : into =>
    {
        var aside = new float[into.Length];
        read(aside);
        header.Turn<float>(aside, into);
    };

    private static T Guarded<T>(string shown, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or NotSupportedException)
        {
            throw new GraftInputException(shown, $"numpy: expected a readable archive of arrays, got: {SourceFile.OneLine(e.Message)}", inner: e);
        }
    }

    private static GraftInputException Damaged(string file, string expected, string actual) => new(file, $"numpy: expected {expected}, got {actual}. The file is damaged or of another format.");
}

internal sealed class NumpyFormat : WeightFormat
{
    public override string Name => "numpy";

    public override bool Recognizes(ReadOnlySpan<byte> head, string path) => NumpyFile.Recognizes(head, path);

    public override IReadOnlyDictionary<string, NamedArray> Read(string path) => NumpyFile.Read(path);
}
