using System.Text;
using System.Text.Json;

namespace Graft.Experiments.Runs;

/// <summary>Appends events to a file, one line of JSON each; a resumed run cuts it back to where its checkpoint was made.</summary>
public sealed class EventLog : IDisposable
{
    private const int MaxLine = 8 << 20;

    private readonly string _path;

    private readonly FileStream _file;

    private EventLog(string path, FileStream file)
    {
        _path = path;
        _file = file;
    }

    /// <summary>Bytes written so far: what a checkpoint remembers.</summary>
    public long Length => _file.Position;

    /// <summary>Opens a log to append to it.</summary>
    /// <param name="path">The file; made where it does not exist.</param>
    /// <param name="keep">Bytes to keep, the <see cref="Length"/> that the checkpoint remembers; 0 begins anew.</param>
    /// <exception cref="GraftInputException">The file holds fewer bytes than are to be kept.</exception>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public static EventLog Open(string path, long keep = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(keep);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read, bufferSize: 0);
        if (file.Length < keep)
        {
            long length = file.Length;
            file.Dispose();
            throw new GraftInputException(path, $"expected at least the {keep} bytes that the checkpoint knows of, got {length}. The log was changed.");
        }

        file.SetLength(keep);
        file.Position = keep;
        return new EventLog(path, file);
    }

    /// <summary>Appends one event; once this returns, the end of the process cannot lose it.</summary>
    /// <param name="happened">What happened.</param>
    /// <exception cref="IOException">The line cannot be written; the lines before it are kept.</exception>
    public void Append(RunEvent happened)
    {
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(happened, RunJson.Default.RunEvent);
        long before = _file.Position;
        try
        {
            _file.Write([.. json, (byte)'\n']);
        }
        catch (IOException e)
        {
            _file.SetLength(before);
            _file.Position = before;
            throw new IOException($"{_path}: cannot be written past byte {before}, what was there before is kept. {e.Message}", e);
        }
    }

    /// <summary>Waits until the disk has all lines; a checkpoint that remembers <see cref="Length"/> calls it first.</summary>
    public void Sync() => _file.Flush(flushToDisk: true);

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Reads a log; a last line that was cut off by a crash is left out.</summary>
    /// <param name="path">The file; where it does not exist there are no events.</param>
    /// <exception cref="GraftInputException">A line is not an event, with its number.</exception>
    public static IEnumerable<RunEvent> Read(string path)
    {
        if (!File.Exists(path))
        {
            yield break;
        }

        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 1 << 16);
        using var reader = new StreamReader(file, Encoding.UTF8);
        var line = new StringBuilder();
        int number = 1;
        for (int c = reader.Read(); c >= 0; c = reader.Read())
        {
            if (c != '\n')
            {
                line.Append((char)c);
                if (line.Length > MaxLine)
                {
                    throw new GraftInputException(path, $"expected lines of at most {MaxLine} characters.", number);
                }

                continue;
            }

            yield return RunJson.Read(path, number++, line.ToString(), RunJson.Default.RunEvent);
            line.Clear();
        }
    }
}
