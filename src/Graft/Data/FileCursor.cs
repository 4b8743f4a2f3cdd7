namespace Graft.Data;

/// <summary>Reads a file from front to back through a small buffer, whatever the file's size.</summary>
/// <param name="file">The file; stays the caller's.</param>
internal sealed class FileCursor(FileBytes file)
{
    /// <summary>Bytes that can be looked at before they are taken.</summary>
    public const int Ahead = 1 << 16;

    private readonly byte[] _buffer = new byte[Math.Min(Ahead, file.Length)];
    private long _start;
    private int _count;

    /// <summary>0-based offset of the next byte.</summary>
    public long Position { get; private set; }

    /// <summary>Bytes behind the next one, and that one.</summary>
    public long Remaining => file.Length - Position;

    /// <summary>The file.</summary>
    public FileBytes File => file;

    /// <summary>The next bytes, without taking them: all that is asked for, or as many as there are.</summary>
    /// <param name="count">At most <see cref="Ahead"/>.</param>
    /// <returns>Valid until the next call.</returns>
    /// <exception cref="GraftInputException">The file became shorter.</exception>
    public ReadOnlySpan<byte> Peek(int count)
    {
        count = (int)Math.Min(count, Remaining);
        if (Position < _start || Position + count > _start + _count)
        {
            _start = Position;
            _count = (int)Math.Min(_buffer.Length, Remaining);
            file.Read(_start, _buffer.AsSpan(0, _count), "a file");
        }

        return _buffer.AsSpan((int)(Position - _start), count);
    }

    /// <summary>The next bytes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <returns>Valid until the next call where they are few.</returns>
    /// <exception cref="GraftInputException">So many are not left.</exception>
    public ReadOnlySpan<byte> Take(long count, string what)
    {
        ReadOnlySpan<byte> taken = count is >= 0 and <= Ahead && count <= Remaining ? Peek((int)count) : file.Take(Position, count, what);
        Position += count;
        return taken;
    }

    /// <summary>Passes over bytes.</summary>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="GraftInputException">So many are not left.</exception>
    public void Skip(long count, string what)
    {
        file.Check(Position, count, what);
        Position += count;
    }
}
