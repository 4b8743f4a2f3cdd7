using Microsoft.Win32.SafeHandles;

namespace Graft.Data;

/// <summary>The bytes of a file, read where they are needed and straight to where they are wanted; or bytes that are in memory already.</summary>
/// <remarks>
/// Reading at a place copies once, as a mapped file would, from the system's cache into the destination; its pages are not counted twice, and a file that
/// shrinks meanwhile is an error instead of a crash. What is not disposed of is closed by the collector.
/// </remarks>
internal sealed class FileBytes : IDisposable
{
    private readonly SafeFileHandle? _handle;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly IReadOnlyList<FileBytes>? _parts;

    /// <param name="bytes">The whole file.</param>
    /// <param name="shown">What messages call it.</param>
    public FileBytes(ReadOnlyMemory<byte> bytes, string shown)
    {
        _memory = bytes;
        Shown = shown;
        Length = bytes.Length;
    }

    private FileBytes(SafeFileHandle handle, string shown)
    {
        _handle = handle;
        Shown = shown;
        Length = RandomAccess.GetLength(handle);
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
    /// <exception cref="GraftInputException">It cannot be opened.</exception>
    public static FileBytes Open(string path, string? shown = null)
    {
        SafeFileHandle? handle = null;
        try
        {
            handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            return new FileBytes(handle, shown ?? path);
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

        try
        {
            while (into.Length > 0)
            {
                int read = RandomAccess.Read(_handle, into, at);
                if (read == 0)
                {
                    throw new GraftInputException(Shown, $"expected {into.Length} bytes of {what} at byte {at}, got the end of the file, which became shorter.");
                }

                into = into[read..];
                at += read;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(Shown, $"expected {into.Length} bytes of {what} at byte {at}, got: {e.Message.ReplaceLineEndings(" ")}", inner: e);
        }
    }

    /// <summary>Bytes of their own array, made only where they are all there.</summary>
    /// <param name="at">0-based offset of the first.</param>
    /// <param name="count">How many.</param>
    /// <param name="what">What they are, for the message.</param>
    /// <exception cref="GraftInputException">They are not all there.</exception>
    public byte[] Take(long at, long count, string what)
    {
        Check(at, count, what);
        var bytes = new byte[count];
        Read(at, bytes, what);
        return bytes;
    }

    /// <summary>Sees that a stretch lies in the file.</summary>
    /// <exception cref="GraftInputException">It does not.</exception>
    public void Check(long at, long count, string what)
    {
        if (at < 0 || count < 0 || at > Length || count > Length - at || count > Array.MaxLength)
        {
            throw new GraftInputException(Shown, $"expected {count} bytes of {what} at byte {at}, got a file of {Length} bytes.");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle?.Dispose();
        foreach (FileBytes part in _parts ?? [])
        {
            part.Dispose();
        }
    }

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
