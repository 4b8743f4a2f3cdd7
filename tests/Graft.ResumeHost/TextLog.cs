using System.Globalization;
using Graft.Training;

namespace Graft.ResumeHost;

/// <summary>Writes every event as a line of text, bit for bit; cut back to what a checkpoint knows of.</summary>
public sealed class TextLog : ITrainingObserver, IStateful, IDisposable
{
    private readonly FileStream _file;

    public TextLog(string path) => _file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.Read);

    /// <summary>Called after each line, with its number.</summary>
    public Action<int>? Written { get; init; }

    private int _lines;

    public void Tell(TrainingEvent happened)
    {
        if (happened is Started)
        {
            _file.SetLength(0);
        }

        string? line = happened switch
        {
            Started e => $"started {e.TotalSteps} {e.StepsPerEpoch}",
            StepDone e => $"step {e.Epoch} {e.Step} {Bits(e.Objective)} {Bits(e.Rate)}",
            EpochDone e => $"epoch {e.Epoch} {e.Step} {Bits(e.Objective)} {Bits(e.Rate)} {Numbers(e.Losses)}",
            Evaluated e => $"evaluated {e.Epoch} {e.Step} {e.Split} {e.Scores.Task} {Bits(e.Scores.Loss)} {Numbers(e.Scores.Metrics)}",
            Notice e => $"notice {e.Message}",
            Stopped e => $"stopped {e.Reason} {e.Epoch} {e.Step} {e.Message}",
            _ => null,
        };
        if (line is not null)
        {
            _file.Write(System.Text.Encoding.UTF8.GetBytes(line + "\n"));
            _file.Flush();
            Written?.Invoke(++_lines);
        }
    }

    public void Save(State state)
    {
        _file.Flush(flushToDisk: true);
        state.Set("length", _file.Position);
    }

    public void Load(State state)
    {
        _file.SetLength(state.Get<long>("length"));
        _file.Position = _file.Length;
    }

    public void Dispose() => _file.Dispose();

    private static string Bits(double value) => BitConverter.DoubleToInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture);

    private static string Numbers(IReadOnlyDictionary<string, double> values) => string.Join(' ', values.Select(v => $"{v.Key}={Bits(v.Value)}"));
}
