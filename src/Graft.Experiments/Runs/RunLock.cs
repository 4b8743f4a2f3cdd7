namespace Graft.Experiments.Runs;

/// <summary>Keeps two processes from writing one run folder: an open file that the system releases when its process ends, however it ends.</summary>
internal sealed class RunLock : IDisposable
{
    /// <summary>The file's name in the run folder.</summary>
    public const string FileName = ".lock";

    private readonly FileStream _file;

    private RunLock(FileStream file) => _file = file;

    /// <summary>Takes the lock of a folder.</summary>
    /// <param name="directory">The run folder; it exists.</param>
    /// <exception cref="GraftInputException">Another process holds it, or the folder cannot be written.</exception>
    public static RunLock Take(string directory) => TryTake(directory, FileMode.OpenOrCreate)
        ?? throw new GraftInputException(directory, "the run folder is in use by another process. Wait for it, or end it first.");

    /// <summary>Takes the lock of a folder that nobody may have taken before.</summary>
    /// <returns>The lock, or null where somebody was faster.</returns>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static RunLock? TryTakeNew(string directory) => TryTake(directory, FileMode.CreateNew);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static RunLock? TryTake(string directory, FileMode mode)
    {
        string path = Path.Combine(directory, FileName);
        try
        {
            return new RunLock(new FileStream(path, mode, FileAccess.ReadWrite, FileShare.None));
        }
        catch (UnauthorizedAccessException e)
        {
            throw new GraftInputException(directory, $"the run folder cannot be written. {e.Message}", inner: e);
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }
}
