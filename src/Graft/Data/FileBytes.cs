using System.Buffers;
using Graft.Tensors.Memory;
using Microsoft.Win32.SafeHandles;

namespace Graft.Data;

/// <summary>The bytes of a file, read where they are needed and straight to where they are wanted; or bytes that are in memory already.</summary>
/// <remarks>
/// <para>A file is read at places, or mapped: then numbers go from the system's cache into the destination without a call of the system for each stretch, and who can work on the
/// bytes where they lie copies them only once even if they are to lie in another order. Windows of at most <see cref="MostMapped"/> bytes are mapped one after the other, so the
/// file never counts as memory of the program; short stretches are read.</para>
/// <para>A file that became shorter is an error: its length is looked at before each window. What remains is a file that another program cuts off in the very
/// milliseconds in which a window of it is copied, or a disk that fails then: the system ends the program. Programs of .NET cannot write a file that is open
/// here, and Graft's own writers put a new file in the place of the old one. Where the file system maps no files, they are read.</para>
/// <para>What is not disposed of is closed by the collector.</para>
/// </remarks>
internal sealed class FileBytes : IDisposable
{
    /// <summary>The most bytes of a file that are mapped at once.</summary>
    public const int MostMapped = 4 << 20;

    private const int LeastMapped = 1 << 16;

    private readonly SafeFileHandle? _handle;
    private readonly MappedFile? _mapped;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly IReadOnlyList<FileBytes>? _parts;
    private readonly FileBytes? _whole;
    private readonly long _first;

    /// <param name="bytes">The whole file.</param>
    /// <param name="shown">What messages call it.</param>
    public FileBytes(ReadOnlyMemory<byte> bytes, string shown)
    {
        _memory = bytes;
        Shown = shown;
        Length = bytes.Length;
    }

    private FileBytes(SafeFileHandle handle, string shown, bool isMapped)
    {
        _handle = handle;
        Shown = shown;
        Length = RandomAccess.GetLength(handle);
        _mapped = isMapped && Length >= LeastMapped ? Map(handle) : null;
    }

    /// <param name="whole">A file; disposed of with it.</param>
    /// <param name="first">Offset of the first byte that belongs to it.</param>
    /// <param name="length">How many do.</param>
    /// <exception cref="GraftInputException">They do not lie in the file.</exception>
    public FileBytes(FileBytes whole, long first, long length)
    {
        whole.Check(first, length, "a part");
        _whole = whole;
        _first = first;
        Shown = whole.Shown;
        Length = length;
    }

    /// <param name="parts">Files that follow each other as one; disposed of with it.</param>
    /// <param name="shown">What messages call them.</param>
    public FileBytes(IReadOnlyList<FileBytes> parts, string shown)
    {
        _parts = parts;
        Shown = shown;
        Length = parts.Sum(p => p.Length);
    }

    /// <summary>What messages call the file.</summary>
    public string Shown { get; }

    /// <summary>Bytes in it.</summary>
    public long Length { get; }

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="shown">What messages call it; its path where left out.</param>
    /// <param name="isMapped">Whether long stretches are mapped instead of read.</param>
    /// <exception cref="GraftInputException">It cannot be opened.</exception>
    public static FileBytes Open(string path, string? shown = null, bool isMapped = false)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return new FileBytes(handle, shown ?? path, isMapped);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            handle?.Dispose();
            throw new GraftInputException(shown ?? path, Directory.Exists(path) ? "expected a file, got a folder." : $"expected a readable file, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    /// <summary>Reads bytes.</summary>
    /// <param name="at">0-based offset of the first.</param>
    /// <param name="into">Gets them, as many as it is long.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="GraftInputException">They are not all there.</exception>
    public void Read(long at, Span<byte> into, string what)
    {
        Check(at, into.Length, what);
        if (_whole is not null)
        {
            _whole.Read(_first + at, into, what);
            return;
        }

        if (_parts is not null)
        {
            ReadParts(_parts, at, into, what);
            return;
        }

        if (_handle is null)
        {
            _memory.Span.Slice((int)at, into.Length).CopyTo(into);
            return;
        }

        while (_mapped is not null && into.Length >= LeastMapped)
        {
            int some = Math.Min(into.Length, MostMapped);
            using FileWindow window = MapWindow(_mapped, _handle, at, some, what);
            window.Bytes.CopyTo(into);
            into = into[some..];
            at += some;
        }

        ReadAt(_handle, at, into, what);
    }

    /// <summary>Shows bytes where they lie, where that can be: mapped, or in memory; otherwise they are read.</summary>
    /// <param name="at">0-based offset of the first.</param>
    /// <param name="count">How many; at most <see cref="MostMapped"/>.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <returns>To be disposed of, before the file.</returns>
    /// <exception cref="GraftInputException">They are not all there.</exception>
    public FileWindow Window(long at, int count, string what)
    {
        Check(at, count, what);
        if (_whole is not null)
        {
            return _whole.Window(_first + at, count, what);
        }

        if (_handle is null && _parts is null)
        {
            return new FileWindow(_memory.Span.Slice((int)at, count));
        }

        if (_mapped is not null && count >= LeastMapped)
        {
            return MapWindow(_mapped, _handle!, at, count, what);
        }

        byte[] bytes = ArrayPool<byte>.Shared.Rent(count);
        Read(at, bytes.AsSpan(0, count), what);
        return new FileWindow(bytes, count);
    }

    /// <summary>Bytes of their own array, made only where they are all there.</summary>
    /// <param name="at">0-based offset of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="GraftInputException">They are not all there, or more than an array holds.</exception>
    public byte[] Take(long at, long count, string what)
    {
        Check(at, count, what);
        if (count > Array.MaxLength)
        {
            throw new GraftInputException(Shown, $"expected at most {Array.MaxLength} bytes of {what} at byte {at}, got {count}.");
        }

        var bytes = new byte[count];
        Read(at, bytes, what);
        return bytes;
    }

    /// <summary>Sees that a stretch lies in the file.</summary>
    /// <exception cref="GraftInputException">It does not.</exception>
    public void Check(long at, long count, string what)
    {
        if (at < 0 || count < 0 || at > Length || count > Length - at)
        {
            throw new GraftInputException(Shown, $"expected {count} bytes of {what} at byte {at}, got a file of {Length} bytes.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _mapped?.Dispose();
        _handle?.Dispose();
        _whole?.Dispose();
        foreach (FileBytes part in _parts ?? [])
        {
            part.Dispose();
        }
    }

    private static MappedFile? Map(SafeFileHandle handle)
    {
        try
        {
            return new MappedFile(handle);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private FileWindow MapWindow(MappedFile mapped, SafeFileHandle handle, long at, int count, string what)
    {
        try
        {
            MappedFile.Window window = mapped.Open(at, count);
            if (RandomAccess.GetLength(handle) >= at + count)
            {
                return new FileWindow(window);
            }

            window.Dispose();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unread(at, count, what, e);
        }

        throw Shorter(at, count, what);
    }

    private void ReadAt(SafeFileHandle handle, long at, Span<byte> into, string what)
    {
        try
        {
            while (into.Length > 0)
            {
                int read = RandomAccess.Read(handle, into, at);
                if (read == 0)
                {
                    throw Shorter(at, into.Length, what);
                }

                into = into[read..];
                at += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unread(at, into.Length, what, e);
        }
    }

    private GraftInputException Shorter(long at, int count, string what) =>
        new(Shown, $"expected {count} bytes of {what} at byte {at}, got the end of the file, which became shorter.");

    private GraftInputException Unread(long at, int count, string what, Exception inner) =>
        new(Shown, $"expected {count} bytes of {what} at byte {at}, got: {inner.Message.ReplaceLineEndings(" ")}", inner: inner);

    private static void ReadParts(IReadOnlyList<FileBytes> parts, long at, Span<byte> into, string what)
    {
        foreach (FileBytes part in parts)
        {
            int some = (int)Math.Clamp(part.Length - at, 0, into.Length);
            if (some > 0)
            {
                part.Read(at, into[..some], what);
                into = into[some..];
                at += some;
            }

            at -= part.Length;
        }
    }
}
