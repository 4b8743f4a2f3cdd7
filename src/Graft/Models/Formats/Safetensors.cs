using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Graft.Data;
using Graft.Tensors;

namespace Graft.Models.Formats;

/// <summary>What a safetensors file holds.</summary>
/// <param name="Tensors">By name.</param>
/// <param name="Metadata">The texts under __metadata__.</param>
public sealed record SafetensorsContent(IReadOnlyDictionary<string, NamedArray> Tensors, IReadOnlyDictionary<string, string> Metadata);

/// <summary>The safetensors format: a JSON header, then the bytes of the tensors without holes.</summary>
/// <remarks>
/// <para>Reads F64, F32, F16, BF16, I64, I32, I16, I8, U64, U32, U16, U8 and BOOL as floating point numbers; writes F32. Strict: the header lies within the file and is at
/// most 100 MB, names are distinct, every tensor's bytes fit its type and sizes, and together they cover the data without holes or overlap.</para>
/// <para>All that is checked when a file is opened; numbers are read when they are wanted, F32 straight from the mapped file into place. A file stays open as long as its
/// tensors are in use.</para>
/// </remarks>
public static class Safetensors
{
    private const int MaxHeader = 100_000_000;
    private const int MaxTensors = 1_000_000;
    private const int Piece = 1 << 28;      // numbers whose bytes a span can hold

    /// <summary>Whether a file begins with the length of a header and a JSON object.</summary>
    /// <param name="head">Its first 16 bytes, or all there are.</param>
    public static bool Recognizes(ReadOnlySpan<byte> head) => head.Length > 8 && head[8] == (byte)'{' && BinaryPrimitives.ReadUInt64LittleEndian(head) <= MaxHeader;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read or is damaged.</exception>
    public static SafetensorsContent Read(string path)
    {
        FileBytes file = FileBytes.Open(path, isMapped: true);
        try
        {
            return Read(file);
        }
        catch (GraftInputException)
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Reads a file's bytes.</summary>
    /// <param name="bytes">The whole file; kept.</param>
    /// <param name="name">What messages call it.</param>
    /// <exception cref="GraftInputException">It is damaged.</exception>
    public static SafetensorsContent Read(byte[] bytes, string name) => Read(new FileBytes(bytes, name));

    internal static SafetensorsContent Read(FileBytes file)
    {
        string name = file.Shown;
        if (file.Length < 10)
        {
            throw Damaged(name, "at least 10 bytes", file.Length.ToString(CultureInfo.InvariantCulture));
        }

        Span<byte> head = stackalloc byte[9];
        file.Read(0, head, "a header's length");
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(head);
        if (length > MaxHeader || length > (ulong)(file.Length - 8) || head[8] != (byte)'{')
        {
            throw Damaged(name, "a JSON header within the file", $"a header of {length} bytes");
        }

        var entries = new List<Entry>();
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            ReadHeader(file.Take(8, (long)length, "a header"), entries, metadata, name);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw new GraftInputException(name, $"safetensors: expected a header of tensors with dtype, shape and data_offsets, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }

        long start = 8 + (long)length, data = file.Length - start;
        entries.Sort((a, b) => a.Begin != b.Begin ? a.Begin.CompareTo(b.Begin) : a.End.CompareTo(b.End));
        long at = 0;
        var tensors = new Dictionary<string, NamedArray>(StringComparer.Ordinal);
        foreach (Entry entry in entries)
        {
            if (entry.Begin != at || entry.End > data)
            {
                throw Damaged(name, $"the bytes of '{entry.Name}' to begin at {at} and end within {data}", $"{entry.Begin} to {entry.End}");
            }

            at = entry.End;
            if (!tensors.TryAdd(entry.Name, entry.Array(file, start)))
            {
                throw Damaged(name, "distinct names", $"'{entry.Name}' twice");
            }
        }

        return at == data
            ? new SafetensorsContent(tensors, metadata)
            : throw Damaged(name, $"{at} bytes of data", data.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Writes tensors as F32, atomically.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <param name="tensors">By name, written in ordinal order of the names.</param>
    /// <param name="metadata">Texts for __metadata__, or null.</param>
    /// <exception cref="IOException">The disk is full or the place cannot be written; what was there before is kept.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, tensors, metadata));

    /// <summary>Writes arrays of another file as F32, one after the other, atomically.</summary>
    /// <param name="path">The file; replaced where it exists.</param>
    /// <param name="arrays">By name, written in ordinal order of the names; each is read when its turn comes.</param>
    /// <param name="metadata">Texts for __metadata__, or null.</param>
    /// <exception cref="IOException">The disk is full or the place cannot be written; what was there before is kept.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, NamedArray> arrays, IReadOnlyDictionary<string, string>? metadata = null) =>
        AtomicFile.Write(path, stream => Write(stream, [.. arrays.Select(a => (a.Key, a.Value.Sizes, (NumberReader)a.Value.CopyTo))], metadata));

    /// <summary>Writes tensors as F32.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensors">By name.</param>
    /// <param name="metadata">Texts for __metadata__, or null.</param>
    public static void Write(Stream stream, IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string>? metadata = null) =>
        Write(stream, [.. tensors.Select(t => (t.Key, (IReadOnlyList<int>)[.. t.Value.Shape.Sizes], (NumberReader)t.Value.CopyTo))], metadata);

    private static void Write(Stream stream, List<(string Name, IReadOnlyList<int> Sizes, NumberReader Read)> arrays, IReadOnlyDictionary<string, string>? metadata)
    {
        arrays.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        long[] counts = [.. arrays.Select(a => a.Sizes.Aggregate(1L, (x, y) => x * y))];
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long at = 0;
            for (int i = 0; i < counts.Length; i++)
            {
                json.WriteStartObject(arrays[i].Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (int size in arrays[i].Sizes)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(at);
                json.WriteNumberValue(at += 4L * counts[i]);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header.GetBuffer().AsSpan(0, (int)header.Length));
        var buffer = new float[counts.DefaultIfEmpty().Max()];
        for (int i = 0; i < counts.Length; i++)
        {
            Span<float> values = buffer.AsSpan(0, (int)counts[i]);
            arrays[i].Read(values);
            for (; values.Length > 0; values = values[Math.Min(values.Length, Piece)..])
            {
                stream.Write(MemoryMarshal.AsBytes(values[..Math.Min(values.Length, Piece)]));
            }
        }
    }

    private static void ReadHeader(byte[] header, List<Entry> entries, Dictionary<string, string> metadata, string file)
    {
        using JsonDocument document = JsonDocument.Parse(header, new JsonDocumentOptions { MaxDepth = 8 });
        foreach (JsonProperty property in document.RootElement.EnumerateObject())
        {
            if (property.Name == "__metadata__")
            {
                foreach (JsonProperty text in property.Value.EnumerateObject())
                {
                    metadata[text.Name] = text.Value.GetString() ?? "";
                }

                continue;
            }

            if (entries.Count == MaxTensors)
            {
                throw Damaged(file, $"at most {MaxTensors} tensors", "more");
            }

            JsonElement offsets = property.Value.GetProperty("data_offsets");
            JsonElement shape = property.Value.GetProperty("shape");
            if (offsets.GetArrayLength() != 2 || shape.GetArrayLength() > Shape.MaxRank)
            {
                throw Damaged(file, $"'{property.Name}' with two offsets and at most {Shape.MaxRank} sizes", $"{offsets.GetArrayLength()} and {shape.GetArrayLength()}");
            }

            entries.Add(new Entry(
                property.Name,
                property.Value.GetProperty("dtype").GetString() ?? "",
                [.. shape.EnumerateArray().Select(s => s.GetInt32())],
                offsets[0].GetInt64(),
                offsets[1].GetInt64()));
        }
    }

    private static void Show(FileBytes file, long at, int count, Action<ReadOnlySpan<float>> use)
    {
        using FileWindow window = file.Window(at, count * sizeof(float), "numbers");
        use(MemoryMarshal.Cast<byte, float>(window.Bytes));
    }

    private static GraftInputException Damaged(string file, string expected, string actual) =>
        new(file, $"safetensors: expected {expected}, got {actual}. The file is damaged or of another format.");

    private sealed record Entry(string Name, string Type, int[] Sizes, long Begin, long End)
    {
        public NamedArray Array(FileBytes bytes, long start)
        {
            string file = bytes.Shown;
            int width = NumberBytes.WidthOf(Type);
            if (width == 0)
            {
                throw Damaged(file, $"'{Name}' of a type that is known", $"'{Type}'");
            }

            long count = 1;
            foreach (int size in Sizes)
            {
                count = size < 0 || count * size > int.MaxValue
                    ? throw Damaged(file, $"'{Name}' with at most 2147483647 elements", "[" + string.Join(", ", Sizes) + "]")
                    : count * size;
            }

            if (Begin < 0 || End < Begin || End - Begin != count * width)
            {
                throw Damaged(file, $"{count * width} bytes for '{Name}'", $"{End - Begin}");
            }

            long first = start + Begin;
            return new NamedArray(Sizes, (from, into) => NumberBytes.Read(Type, bytes, first + (from * width), into))
            {
                Type = Type,
                Lend = Type == "F32" && first % sizeof(float) == 0 && BitConverter.IsLittleEndian ? (from, into, use) => Show(bytes, first + (from * width), into, use) : null,
            };
        }
    }
}
