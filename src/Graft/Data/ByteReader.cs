using System.Buffers.Binary;

namespace Graft.Data;

/// <summary>Reads a file that lies in memory from front to back; whatever is not there is an error that says where.</summary>
/// <param name="data">The bytes.</param>
/// <param name="shown">The file's name in messages.</param>
/// <param name="isBigEndian">Whether numbers have their highest byte first.</param>
/// <param name="start">Where the bytes begin in what messages count from.</param>
/// <param name="within">What messages count from where it is not the file, such as " of the unpacked data".</param>
internal sealed class ByteReader(ReadOnlyMemory<byte> data, string shown, bool isBigEndian = false, long start = 0, string within = "")
{
    /// <summary>0-based offset of the next byte.</summary>
    public int Position { get; private set; }

    public int Remaining => data.Length - Position;

    public bool IsBigEndian { get; set; } = isBigEndian;

    public string Shown => shown;

    /// <summary>The next bytes.</summary>
    /// <param name="count">How many; a negative or too great number is an error.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="GraftInputException">So many are not left.</exception>
    public ReadOnlyMemory<byte> Take(long count, string what)
    {
        if (count < 0 || count > Remaining)
        {
            throw Error($"expected {count} bytes of {what}, got {Remaining}");
        }

        ReadOnlyMemory<byte> taken = data.Slice(Position, (int)count);
        Position += (int)count;
        return taken;
    }

    /// <summary>Goes back over bytes already read.</summary>
    public void Back(int count) => Position -= count;

    /// <summary>A reader of the next bytes, which are then behind this one.</summary>
    /// <exception cref="GraftInputException">So many are not left.</exception>
    public ByteReader Part(long count, string what)
    {
        long at = start + Position;
        return new ByteReader(Take(count, what), shown, IsBigEndian, at, within);
    }

    public byte U8(string what) => Take(1, what).Span[0];

    public ushort U16(string what)
    {
        ReadOnlySpan<byte> bytes = Take(2, what).Span;
        return IsBigEndian ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : BinaryPrimitives.ReadUInt16LittleEndian(bytes);
    }

    public uint U32(string what)
    {
        ReadOnlySpan<byte> bytes = Take(4, what).Span;
        return IsBigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes);
    }

    public int I32(string what) => (int)U32(what);

    public ulong U64(string what)
    {
        ReadOnlySpan<byte> bytes = Take(8, what).Span;
        return IsBigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>The error for what was found just before the next byte.</summary>
    /// <param name="message">What was expected and what came, without a full stop.</param>
    public GraftInputException Error(string message) => new(shown, $"at byte {start + Position}{within}: {message}.");
}
