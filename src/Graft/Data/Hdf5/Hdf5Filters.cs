using System.IO.Compression;

namespace Graft.Data.Hdf5;

/// <summary>How the chunks of an array are packed, undone.</summary>
internal sealed class Hdf5Filters
{
    private const int Deflate = 1;
    private const int Shuffle = 2;
    private const int Fletcher = 3;
    private const int Lzf = 32000;      // h5py's own

    private readonly Hdf5File _file;
    private readonly List<(int Id, int Size)> _filters = [];

    private Hdf5Filters(Hdf5File file) => _file = file;

    /// <exception cref="GraftInputException">The description is damaged, or names a filter that is not read.</exception>
    public static Hdf5Filters Read(Hdf5File file, ByteReader reader)
    {
        int version = reader.U8("a version of filters"), count = reader.U8("a number of filters");
        if (version is < 1 or > 2 || count > 32)
        {
            throw reader.Error($"expected up to 32 filters, written as version 1 or 2, got {count} of version {version}");
        }

        _ = reader.Take(version == 1 ? 6 : 0, "padding");
        var filters = new Hdf5Filters(file);
        for (int i = 0; i < count; i++)
        {
            int id = reader.U16("a filter");
            int name = version == 1 || id >= 256 ? reader.U16("a name's length") : 0;
            _ = reader.U16("flags");
            int values = reader.U16("a number of values");
            _ = reader.Take(version == 1 ? (name + 7) / 8 * 8 : name, "a filter's name");
            int first = values > 0 ? reader.I32("a filter's value") : 0;
            _ = reader.Take((4L * Math.Max(0, values - 1)) + (version == 1 && values % 2 != 0 ? 4 : 0), "a filter's values");
            filters._filters.Add((id, first));
        }

        return filters;
    }

    /// <summary>Unpacks a chunk.</summary>
    /// <param name="packed">Holds it; overwritten.</param>
    /// <param name="length">Its bytes.</param>
    /// <param name="unpacked">As long as <paramref name="packed"/>; overwritten.</param>
    /// <param name="mask">Filters that it was not packed with, a bit each.</param>
    /// <param name="expected">Bytes that it has unpacked.</param>
    /// <returns>Whichever of the two arrays holds it now.</returns>
    /// <exception cref="GraftInputException">It is damaged, or packed in a way that is not read.</exception>
    public byte[] Unpack(byte[] packed, int length, byte[] unpacked, uint mask, int expected)
    {
        for (int i = _filters.Count - 1; i >= 0; i--)
        {
            (int id, int size) = _filters[i];
            if ((mask >> i & 1) != 0)
            {
                continue;
            }

            switch (id)
            {
                case Deflate:
                    length = Inflate(packed, length, unpacked);
                    (packed, unpacked) = (unpacked, packed);
                    break;
                case Shuffle:
                    Unshuffle(packed.AsSpan(0, length), unpacked, size);
                    (packed, unpacked) = (unpacked, packed);
                    break;
                case Lzf:
                    length = Hdf5Lzf.Unpack(packed.AsSpan(0, length), unpacked) is var plain and >= 0 ? plain : throw _file.Error("expected a chunk packed with lzf, got a damaged one");
                    (packed, unpacked) = (unpacked, packed);
                    break;
                case Fletcher:
                    length = Checked(packed.AsSpan(0, length));
                    break;
                default:
                    throw _file.Error($"expected chunks packed with deflate, lzf, shuffle or fletcher32, got filter {id}{(id == 4 ? " (szip)" : "")}");
            }
        }

        return length == expected ? packed : throw _file.Error($"expected a chunk of {expected} bytes, got {length}");
    }

    private int Inflate(byte[] packed, int length, byte[] unpacked)
    {
        try
        {
            using var stream = new ZLibStream(new MemoryStream(packed, 0, length), CompressionMode.Decompress);
            return stream.ReadAtLeast(unpacked, unpacked.Length, throwOnEndOfStream: false);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            throw new GraftInputException(_file.Shown, "hdf5: expected a chunk packed with deflate, got a damaged one.", inner: e);
        }
    }

    // All first bytes of the numbers, then all second ones, and so on; what is left over stays at the end.
    private static void Unshuffle(ReadOnlySpan<byte> packed, Span<byte> unpacked, int size)
    {
        int count = size > 0 ? packed.Length / size : 0;
        for (int part = 0; part < size && count > 0; part++)
        {
            ReadOnlySpan<byte> from = packed.Slice(part * count, count);
            for (int i = 0, to = part; i < from.Length; i++, to += size)
            {
                unpacked[to] = from[i];
            }
        }

        packed[(count * size)..].CopyTo(unpacked[(count * size)..]);
    }

    // Fletcher's checksum of words of 16 bits, high byte first, behind the data with the low byte first.
    private int Checked(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 4)
        {
            throw _file.Error($"expected a checksum of 4 bytes behind a chunk, got {bytes.Length}");
        }

        int length = bytes.Length - 4;
        ulong first = 0, second = 0;
        for (int i = 0; i < length; i += 2)
        {
            first = (first + ((ulong)bytes[i] << 8) + (i + 1 < length ? bytes[i + 1] : 0u)) % 65535;
            second = (second + first) % 65535;
        }

        uint stored = System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(bytes[length..]);
        bool fits = Same((uint)(stored & 0xFFFF), first) && Same(stored >> 16, second);
        return fits ? length : throw _file.Error("expected a chunk whose checksum fits, got a damaged one");
    }

    // 0 and 65,535 are the same remainder.
    private static bool Same(uint stored, ulong sum) => stored % 65535 == sum;
}
