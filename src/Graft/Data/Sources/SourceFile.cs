using System.IO.Compression;

namespace Graft.Data.Sources;

/// <summary>Opens and reads files so that what is wrong with them is a <see cref="GraftInputException"/> and memory grows with what is really there.</summary>
internal static class SourceFile
{
    /// <summary>Longest file that is read as a whole, in bytes.</summary>
    public const int MaxBytes = 1 << 30;

    /// <summary>The list of files of a source that takes one or several.</summary>
    /// <exception cref="ArgumentException">Both are given, or neither, or an empty list.</exception>
    public static IReadOnlyList<string> OneOrSeveral(string source, string? path, IReadOnlyList<string>? paths) => (path, paths) switch
    {
        (not null, null) => [path],
        (null, { Count: > 0 }) => paths,
        _ => throw new ArgumentException($"{source}: expected either path or paths, got both, or neither, or an empty list."),
    };

    /// <summary>Opens a file for reading from its start.</summary>
    /// <exception cref="GraftInputException">It is a folder, or cannot be opened.</exception>
    public static FileStream Open(string path, string shown)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(shown, Directory.Exists(path) ? "expected a file, got a folder." : $"cannot be opened: {OneLine(e.Message)}", inner: e);
        }
    }

    /// <summary>The whole file; where it begins as gzip does, what it unpacks to.</summary>
    /// <exception cref="GraftInputException">It cannot be read, is too long or its packing is damaged.</exception>
    public static byte[] Read(string path, string shown)
    {
        byte[] bytes;
        using (FileStream stream = Open(path, shown))
        {
            if (stream.Length > MaxBytes)
            {
                throw TooLong(shown, MaxBytes);
            }

            bytes = new byte[stream.Length];
            Guarded(shown, () => stream.ReadAtLeast(bytes, bytes.Length));
        }

        if (bytes is not [0x1F, 0x8B, ..])
        {
            return bytes;
        }

        using var packed = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
        return ReadAll(packed, UnpackLimit(bytes.Length), shown);
    }

    /// <summary>Most bytes that so many packed ones may become: far above what data packs to, far below a bomb.</summary>
    public static int UnpackLimit(long packed) => (int)Math.Min(MaxBytes, (256L << 20) + 100 * packed);

    /// <summary>Reads to the end; the memory taken is at most about four times what was there.</summary>
    /// <param name="stream">Where to read from.</param>
    /// <param name="limit">Most bytes; more are an error.</param>
    /// <param name="shown">The file's name in messages.</param>
    /// <exception cref="GraftInputException">The stream is damaged or longer than the limit.</exception>
    public static byte[] ReadAll(Stream stream, long limit, string shown)
    {
        var buffer = new byte[4096];
        int length = 0;
        while (true)
        {
            int read = Guarded(shown, () => stream.Read(buffer, length, buffer.Length - length));
            length += read;
            if (length > limit)
            {
                throw TooLong(shown, limit);
            }

            if (read == 0)
            {
                Array.Resize(ref buffer, length);
                return buffer;
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(2L * length, limit + 1));
            }
        }
    }

    /// <summary>Runs a reading whose failure is the file's fault.</summary>
    /// <exception cref="GraftInputException">The reading failed.</exception>
    public static T Guarded<T>(string shown, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new GraftInputException(shown, $"expected readable data, got damage: {OneLine(e.Message)}", inner: e);
        }
    }

    /// <summary>The first line of a message.</summary>
    public static string OneLine(string message) => message.AsSpan().IndexOfAny('\r', '\n') is int end and >= 0 ? message[..end] : message;

    private static GraftInputException TooLong(string shown, long limit) => new(shown, $"expected at most {limit} bytes, got more.");
}
