using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.IO.Compression;
using Graft.Data;

namespace Graft.Models.Formats;

/// <summary>The numbers of a file: pieces of memory by key, and the pickle that says what they are.</summary>
internal abstract class TorchStorages
{
    protected static readonly IReadOnlyDictionary<string, string> Types = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["torch.DoubleStorage"] = "F64", ["torch.FloatStorage"] = "F32", ["torch.HalfStorage"] = "F16", ["torch.BFloat16Storage"] = "BF16",
        ["torch.LongStorage"] = "I64", ["torch.IntStorage"] = "I32", ["torch.ShortStorage"] = "I16", ["torch.CharStorage"] = "I8",
        ["torch.ByteStorage"] = "U8", ["torch.BoolStorage"] = "BOOL",
        ["torch.storage.UntypedStorage"] = "U8", ["torch.storage._LegacyStorage"] = "U8", ["torch.storage.TypedStorage"] = "U8",
    };

    private static readonly HashSet<string> Others = new(StringComparer.Ordinal)
    {
        "collections.OrderedDict", "collections.defaultdict", "torch.Size", "torch.device",
        "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
        "torch.nn.parameter.Parameter", "torch.Tensor", "torch._tensor._rebuild_from_type_v2",
        "torch.float64", "torch.float32", "torch.float16", "torch.bfloat16", "torch.int64", "torch.int32", "torch.int16", "torch.int8", "torch.uint8", "torch.bool",
    };

    /// <summary>What the pickle holds.</summary>
    public object? Root { get; protected set; }

    /// <summary>The numbers that a reference of the pickle stands for.</summary>
    /// <param name="id">Type, key and the like.</param>
    public abstract TorchStorage Of(object? id);

    protected static bool IsAllowed(string name) => Types.ContainsKey(name) || Others.Contains(name);
}

/// <summary>Numbers of a file that tensors are views of.</summary>
/// <param name="Type">The type of the numbers, named as in safetensors.</param>
/// <param name="Length">Their bytes.</param>
/// <param name="Bytes">All bytes, when they are wanted.</param>
/// <param name="ReadPart">Reads any part, straight to where it is wanted where that can be.</param>
internal sealed record TorchStorage(string Type, long Length, Func<ReadOnlyMemory<byte>> Bytes, NumberPartReader ReadPart);

/// <summary>The form since PyTorch 1.6: a zip archive of a pickle and a part for each storage, not compressed.</summary>
[SuppressMessage("Reliability", "CA1001:Types that own disposable fields should be disposable", Justification = "The arrays that are read later need the archive; it closes its file when the last of them is gone.")]
internal sealed class TorchZip : TorchStorages
{
    private const long Large = 1 << 12;

    private readonly FileBytes _bytes;
    private readonly Stream _stream;
    private readonly ZipArchive _zip;
    private readonly string _file;
    private readonly string _folder;
    private readonly long _most;
    private (string Key, ReadOnlyMemory<byte> Bytes) _last = ("", default);

    /// <param name="bytes">The file.</param>
    /// <param name="stream">The same file, for the archive's own structure and packed parts.</param>
    public TorchZip(FileBytes bytes, Stream stream)
    {
        string file = bytes.Shown;
        _bytes = bytes;
        _stream = stream;
        _file = file;
        _most = stream.Length;
        try
        {
            _zip = new ZipArchive(stream, ZipArchiveMode.Read);
            _ = _zip.Entries;      // reads the directory
        }
        catch (Exception e) when (e is InvalidDataException or IOException or NotSupportedException)
        {
            throw new GraftInputException(file, "torch: expected a zip archive, got a damaged one.", inner: e);
        }

        if (_zip.Entries.Count > 1_000_000)
        {
            throw TorchFile.Damaged(file, $"at most {1_000_000} parts", $"{_zip.Entries.Count}");
        }

        ZipArchiveEntry pickle = _zip.Entries.FirstOrDefault(e => e.FullName.EndsWith("/data.pkl", StringComparison.Ordinal) || e.FullName == "data.pkl")
            ?? throw TorchFile.Damaged(file, "a part named data.pkl", "none");
        _folder = pickle.FullName[..^"data.pkl".Length];
        if (_zip.GetEntry(_folder + "byteorder") is { } order && System.Text.Encoding.ASCII.GetString(Bytes(order).Span) == "big")
        {
            throw new GraftInputException(file, "torch: expected little-endian numbers, got big-endian ones. Save the file on another machine.");
        }

        Root = Pickle.Read(new FileCursor(new FileBytes(Bytes(pickle), file)), IsAllowed);
    }

    public override TorchStorage Of(object? id)
    {
        if (id is not object?[] { Length: >= 3 } parts || parts[0] is not "storage" || parts[1] is not PickledName type
            || !Types.TryGetValue(type.Name, out string? numbers) || parts[2] is not string key)
        {
            throw TorchFile.Damaged(_file, "storages named by type and key", "something else");
        }

        ZipArchiveEntry entry = _zip.GetEntry($"{_folder}data/{key}") ?? throw TorchFile.Damaged(_file, $"a part data/{key}", "none");
        Check(entry);
        long? start = null;
        return new TorchStorage(numbers, entry.Length, () => Part(key, entry), (at, into) =>
        {
            if (into.Length == 0)
            {
                return;
            }

            long skipped = at * NumberBytes.WidthOf(numbers);
            if ((start ??= StartOf(entry)) is >= 0 and long first)
            {
                NumberBytes.Read(numbers, _bytes, first + skipped, into);
            }
            else
            {
                NumberBytes.Read(numbers, Part(key, entry).Span[(int)skipped..], into);
            }
        });
    }

    // Where a large part lies in the file as it is, or -1.
    private long StartOf(ZipArchiveEntry entry)
    {
        if (entry.Length < Large)
        {
            return -1;
        }

        lock (_zip)
        {
            try
            {
                return ZipParts.StartOf(entry, _stream, _bytes);
            }
            catch (Exception e) when (e is InvalidDataException or EndOfStreamException or IOException or NotSupportedException)
            {
                throw Damaged(entry, e);
            }
        }
    }

    // Tensors that share a storage mostly follow each other: the last one is kept. An archive is read by one thread at a time.
    private ReadOnlyMemory<byte> Part(string key, ZipArchiveEntry entry)
    {
        lock (_zip)
        {
            if (_last.Key != key)
            {
                _last = (key, Bytes(entry));
            }

            return _last.Bytes;
        }
    }

    // PyTorch stores without compression: a part that unpacks to more than the file holds is not one of its own.
    private void Check(ZipArchiveEntry entry)
    {
        if (entry.Length < 0 || entry.Length > _most)
        {
            throw TorchFile.Damaged(_file, $"a part '{entry.Name}' of at most {_most} bytes", entry.Length.ToString(CultureInfo.InvariantCulture));
        }
    }

    private ReadOnlyMemory<byte> Bytes(ZipArchiveEntry entry)
    {
        Check(entry);
        var bytes = new byte[entry.Length <= Array.MaxLength ? entry.Length : throw TorchFile.Damaged(_file, $"a part '{entry.Name}' of at most {Array.MaxLength} bytes", entry.Length.ToString(CultureInfo.InvariantCulture))];
        try
        {
            using Stream stream = entry.Open();
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or IOException or NotSupportedException)
        {
            throw Damaged(entry, e);
        }

        return bytes;
    }

    private GraftInputException Damaged(ZipArchiveEntry entry, Exception inner) =>
        new(_file, $"torch: expected {entry.Length} bytes in the part '{entry.Name}', got a damaged archive.", inner: inner);
}

/// <summary>The form before PyTorch 1.6: pickles one after the other, then the storages.</summary>
internal sealed class TorchLegacy : TorchStorages
{
    private readonly Dictionary<string, (string Type, long Start, long Length)> _storages = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly FileBytes _bytes;
    private readonly string _file;

    /// <param name="bytes">The file; numbers are read from it when they are wanted.</param>
    public TorchLegacy(FileBytes bytes)
    {
        _bytes = bytes;
        _file = bytes.Shown;
        var from = new FileCursor(bytes);
        _ = Pickle.Read(from, IsAllowed);      // a magic number
        if (Pickle.Read(from, IsAllowed) is not 1001L)
        {
            throw TorchFile.Damaged(_file, "version 1001 of the form before 1.6", "another");
        }

        _ = Pickle.Read(from, IsAllowed);      // the writer's machine
        Root = Pickle.Read(from, IsAllowed);
        FindTypes(Root, 0, new PickleWalk(_file, bytes.Length));
        if (Pickle.Read(from, IsAllowed) is not List<object?> keys)
        {
            throw TorchFile.Damaged(_file, "the keys of the storages", "something else");
        }

        foreach (object? key in keys)
        {
            if (key is not string name || from.Remaining < 8)
            {
                throw TorchFile.Damaged(_file, "a storage for each key", "none");
            }

            long count = BinaryPrimitives.ReadInt64LittleEndian(from.Take(8, "a storage's size"));
            string type = _types.GetValueOrDefault(name, "U8");
            long length = count < 0 || count > bytes.Length ? -1 : count * NumberBytes.WidthOf(type);
            if (length < 0 || length > from.Remaining)
            {
                throw TorchFile.Damaged(_file, $"a storage of {count} numbers", $"{from.Remaining} bytes");
            }

            _storages[name] = (type, from.Position, length);
            from.Skip(length, "a storage");
        }
    }

    public override TorchStorage Of(object? id)
    {
        (string type, string key, object? view) = Parse(id);
        if (!_storages.TryGetValue(key, out (string Type, long Start, long Length) storage))
        {
            throw TorchFile.Damaged(_file, $"a storage '{key}'", "none");
        }

        if (view is not object?[] { Length: 3 } part)
        {
            return Range(type, storage.Start, storage.Length);
        }

        // A storage that is part of another one: key, offset, length in numbers.
        int width = NumberBytes.WidthOf(type);
        return part[1] is long offset && part[2] is long count && offset >= 0 && count >= 0 && offset <= storage.Length / width && count <= (storage.Length / width) - offset
            ? Range(type, storage.Start + (offset * width), count * width)
            : throw TorchFile.Damaged(_file, "a part within its storage", "one beyond it");
    }

    private TorchStorage Range(string type, long start, long length)
    {
        int width = NumberBytes.WidthOf(type);
        return new TorchStorage(type, length, () => _bytes.Take(start, length, "numbers"), (at, into) => NumberBytes.Read(type, _bytes, start + (at * width), into));
    }

    private (string Type, string Key, object? View) Parse(object? id) =>
        id is object?[] { Length: >= 5 } parts && parts[0] is "storage" && parts[1] is PickledName type
            && Types.TryGetValue(type.Name, out string? numbers) && parts[2] is string key
            ? (numbers, key, parts.Length > 5 ? parts[5] : null)
            : throw TorchFile.Damaged(_file, "storages named by type and key", "something else");

    private void FindTypes(object? value, int depth, PickleWalk walk)
    {
        walk.Visit();
        if (depth > TorchFile.MostDepth)
        {
            return;
        }

        switch (value)
        {
            case PickledReference reference:
                (string type, string key, _) = Parse(reference.Id);
                _types[key] = type;
                break;
            case PickledDictionary dictionary:
                foreach ((_, object? item) in dictionary.Items)
                {
                    FindTypes(item, depth + 1, walk);
                }

                break;
            case List<object?> list:
                foreach (object? item in list)
                {
                    FindTypes(item, depth + 1, walk);
                }

                break;
            case object?[] tuple:
                foreach (object? item in tuple)
                {
                    FindTypes(item, depth + 1, walk);
                }

                break;
            case PickledCall call:
                FindTypes(call.Arguments, depth + 1, walk);
                break;
            default:
                break;
        }
    }
}
