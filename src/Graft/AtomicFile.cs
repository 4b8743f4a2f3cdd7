namespace Graft;

/// <summary>Writes a file whole or not at all: into a temporary file beside it, to the disk, then renamed over the old one.</summary>
/// <remarks>A crash at any moment leaves the old file or the new one, never a half; a full disk leaves the old one.</remarks>
public static class AtomicFile
{
    /// <summary>Writes the file by filling a stream.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="fill">Writes the content; the stream is closed for it.</param>
    /// <param name="previous">Where the former file is kept when the new one is complete, replacing what is there; null to give it up.</param>
    /// <exception cref="IOException">The content cannot be written, for example because the disk is full; the former file is kept.</exception>
    public static void Write(string path, Action<Stream> fill, string? previous = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(fill);
        string temporary = path + ".tmp";
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 1 << 16))
            {
                fill(stream);
                stream.Flush(flushToDisk: true);
            }

            if (previous is not null && File.Exists(path))
            {
                File.Replace(temporary, path, previous);
            }
            else
            {
                File.Move(temporary, path, overwrite: true);
            }
        }
        catch (Exception e)
        {
            Remove(temporary);
            string? reason = e switch
            {
                IOException or UnauthorizedAccessException => e.Message,

                // So .NET says that the system refuses to let a file grow (EFBIG).
                ArgumentOutOfRangeException { ParamName: "value" } => "The file would be larger than the file system or the limits of this process allow.",
                _ => null,
            };
            if (reason is not null)
            {
                throw new IOException($"{path}: cannot be written, what was there before is kept. {reason}", e);
            }

            throw;
        }
    }

    /// <summary>Writes the file from bytes.</summary>
    /// <param name="path">The file; its folder exists.</param>
    /// <param name="content">Everything that the file will hold.</param>
    /// <exception cref="IOException">The content cannot be written; the former file is kept.</exception>
    public static void Write(string path, byte[] content) => Write(path, stream => stream.Write(content));

    private static void Remove(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next write of the same file replaces it.
        }
    }
}
