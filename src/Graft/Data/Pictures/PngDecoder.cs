using System.IO.Compression;
using System.Runtime.InteropServices;

namespace Graft.Data.Pictures;

/// <summary>Decodes one PNG file (ISO/IEC 15948).</summary>
internal sealed class PngDecoder
{
    // Deflate cannot pack better than this.
    private const long MostUnpacked = 1032;

    private readonly ByteReader _reader;
    private readonly string _name;
    private readonly PngFormat _format;
    private byte[]? _palette;
    private byte[]? _transparency;

    public PngDecoder(ReadOnlyMemory<byte> file, string name, long maxPixels)
    {
        _name = name;
        _reader = new ByteReader(file, name, isBigEndian: true);
        _ = _reader.Take(Signature.Length, "a PNG signature");
        (uint type, ReadOnlyMemory<byte> data) = Chunk();
        if (type != Type("IHDR"u8) || data.Length != 13)
        {
            throw _reader.Error("expected a header chunk of 13 bytes, got another chunk");
        }

        _format = PngFormat.Read(new ByteReader(data, name, isBigEndian: true), maxPixels);
    }

    /// <summary>The eight bytes that every PNG file begins with.</summary>
    public static ReadOnlySpan<byte> Signature => [0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A];

    public PictureSize Size() => new(_format.Width, _format.Height, _format.OutChannels);

    public Picture Decode()
    {
        List<ReadOnlyMemory<byte>> data = Chunks();
        long packedLength = data.Sum(d => (long)d.Length);
        if (_format.UnpackedLength > (MostUnpacked * packedLength) + 1024)
        {
            throw _reader.Error($"expected pixel data for {_format.Width} x {_format.Height} pixels, got only {packedLength} bytes");
        }

        var pixels = new byte[(long)_format.Width * _format.Height * _format.OutChannels];
        var colors = new PngColors(_format, _palette, _transparency, _name);
        ArraySegment<byte> packed = Join(data, packedLength);
        using var stream = new ZLibStream(new MemoryStream(packed.Array!, packed.Offset, packed.Count), CompressionMode.Decompress);
        try
        {
            foreach (PngPass pass in _format.Passes())
            {
                ReadPass(stream, pass, colors, pixels);
            }

            _ = stream.ReadByte();      // reaches the check sum
        }
        catch (InvalidDataException e)
        {
            throw new GraftInputException(_name, "expected pixel data packed by zlib, got damaged data.", inner: e);
        }

        return new Picture(_format.Width, _format.Height, _format.OutChannels, pixels);
    }

    private void ReadPass(ZLibStream stream, PngPass pass, PngColors colors, byte[] pixels)
    {
        int length = (int)_format.RowLength(pass.Width);
        var row = new byte[length + 1];
        var above = new byte[length + 1];
        int channels = _format.OutChannels;
        byte[] spread = pass.StepX == 1 ? [] : new byte[pass.Width * channels];
        for (int y = 0; y < pass.Height; y++)
        {
            if (stream.ReadAtLeast(row, row.Length, throwOnEndOfStream: false) < row.Length)
            {
                throw new GraftInputException(_name, $"expected {_format.Height} rows of pixels, got data that ends before.");
            }

            if (row[0] > 4)
            {
                throw new GraftInputException(_name, $"expected a row filter from 0 to 4, got {row[0]}.");
            }

            PngFilter.Undo(row[0], row.AsSpan(1), above.AsSpan(1), _format.PixelLength);
            int start = ((pass.StartY + (y * pass.StepY)) * _format.Width) + pass.StartX;
            if (pass.StepX == 1)
            {
                colors.Convert(row.AsSpan(1), pixels.AsSpan(start * channels, pass.Width * channels));
            }
            else
            {
                colors.Convert(row.AsSpan(1), spread);
                for (int x = 0; x < pass.Width; x++)
                {
                    spread.AsSpan(x * channels, channels).CopyTo(pixels.AsSpan((start + (x * pass.StepX)) * channels));
                }
            }

            (row, above) = (above, row);
        }
    }

    // What comes before the pixel data, the pixel data itself, and everything up to the end chunk.
    private List<ReadOnlyMemory<byte>> Chunks()
    {
        var data = new List<ReadOnlyMemory<byte>>();
        while (true)
        {
            (uint type, ReadOnlyMemory<byte> chunk) = Chunk();
            if (type == Type("IDAT"u8))
            {
                data.Add(chunk);
            }
            else if (type == Type("IEND"u8))
            {
                return data;
            }
            else if (type == Type("PLTE"u8))
            {
                _palette = chunk.Length is > 0 and <= 768 && chunk.Length % 3 == 0
                    ? chunk.ToArray()
                    : throw _reader.Error($"expected a palette of 1 to 256 colors of 3 bytes, got {chunk.Length} bytes");
            }
            else if (type == Type("tRNS"u8))
            {
                _transparency = chunk.ToArray();
            }
            else if ((type & 0x20000000) == 0)
            {
                throw _reader.Error("expected chunks that PNG defines, got an unknown one that must not be passed over");
            }
        }
    }

    private (uint Type, ReadOnlyMemory<byte> Data) Chunk()
    {
        uint length = _reader.U32("a chunk's length");
        ReadOnlyMemory<byte> name = _reader.Take(4, "a chunk's type");
        ReadOnlyMemory<byte> data = _reader.Take(length, "a chunk");
        uint sum = _reader.U32("a chunk's check sum");
        uint type = Type(name.Span);
        bool isUsed = (type & 0x20000000) == 0 || type == Type("tRNS"u8);
        return !isUsed || sum == Crc32.Of(name.Span, data.Span)
            ? (type, data)
            : throw _reader.Error("expected a chunk whose check sum fits, got a damaged one");
    }

    private static uint Type(ReadOnlySpan<byte> name) => System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(name);

    private static ArraySegment<byte> Join(List<ReadOnlyMemory<byte>> parts, long length)
    {
        if (parts.Count == 1 && MemoryMarshal.TryGetArray(parts[0], out ArraySegment<byte> only))
        {
            return only;
        }

        var joined = new byte[length];
        int at = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            part.CopyTo(joined.AsMemory(at));
            at += part.Length;
        }

        return joined;
    }
}
