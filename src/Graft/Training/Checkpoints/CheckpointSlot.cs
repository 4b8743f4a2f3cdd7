namespace Graft.Training.Checkpoints;

/// <summary>Where a training keeps its newest checkpoint and, beside it, the one before.</summary>
/// <remarks>The newest replaces the former only when it is complete and on the disk; the former is then kept as "{path}.previous".</remarks>
public sealed class CheckpointSlot
{
    private readonly Func<Stream, Stream> _through;

    /// <param name="path">The file of the newest checkpoint; its folder exists.</param>
    public CheckpointSlot(string path)
        : this(path, static stream => stream)
    {
    }

    /// <summary>A slot that writes through another stream, so that tests can fail or stop in the middle.</summary>
    internal CheckpointSlot(string path, Func<Stream, Stream> through)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = path;
        _through = through;
    }

    /// <summary>The file of the newest checkpoint.</summary>
    public string Path { get; }

    /// <summary>The file of the checkpoint before.</summary>
    public string PreviousPath => Path + ".previous";

    /// <summary>Whether the end of a training is kept as well, so that it is over at once when it is resumed: for one of several trainings that are resumed together.</summary>
    public bool KeepsEnd { get; init; }

    /// <summary>Whether there is a checkpoint.</summary>
    public bool Exists => File.Exists(Path) || File.Exists(PreviousPath);

    /// <summary>Writes a checkpoint whole or not at all.</summary>
    /// <param name="state">Everything that is remembered.</param>
    /// <exception cref="IOException">It cannot be written, for example because the disk is full; the former checkpoints are kept.</exception>
    public void Save(State state) => AtomicFile.Write(Path, stream => CheckpointFile.Write(_through(stream), state), PreviousPath);

    /// <summary>Writes the last checkpoint of a training; none before it is needed any more.</summary>
    internal void SaveEnd(State state)
    {
        Save(state);
        try
        {
            File.Delete(PreviousPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is only room on the disk.
        }
    }

    /// <summary>Reads the newest checkpoint that is whole.</summary>
    /// <param name="notice">Says, where it is not the newest, why; otherwise null.</param>
    /// <exception cref="GraftInputException">There is none, or none is whole; all findings.</exception>
    public State Load(out string? notice)
    {
        notice = null;
        GraftInputException newest;
        try
        {
            return Read(Path);
        }
        catch (GraftInputException e)
        {
            newest = e;
        }

        try
        {
            State state = Read(PreviousPath);
            notice = $"{newest.Message} The checkpoint before it is used: {PreviousPath}.";
            return state;
        }
        catch (GraftInputException e)
        {
            throw new GraftInputException(File.Exists(PreviousPath) ? [.. newest.Findings, .. e.Findings] : newest.Findings, newest);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Path;

    private static State Read(string path)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1 << 16);
            return CheckpointFile.Read(stream, path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw new GraftInputException(path, $"expected a checkpoint, got a file that cannot be read: {e.Message.TrimEnd('.')}.", inner: e);
        }
    }
}
