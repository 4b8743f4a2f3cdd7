using System.Diagnostics;
using System.Globalization;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;

namespace Graft.Cli;

/// <summary>Shows how a run goes on, on standard error: one line that is drawn over on a terminal, a line for each job elsewhere.</summary>
internal sealed class RunDisplay(Terminal terminal, bool isQuiet) : IRunObserver, IDisposable
{
    private readonly Lock _gate = new();
    private readonly StatusLine _line = new(terminal);
    private readonly Stopwatch _run = Stopwatch.StartNew();
    private readonly Dictionary<string, Stopwatch> _jobs = new(StringComparer.Ordinal);
    private int _planned;
    private int _ended;
    private long _drawn;
    private int _first;

    private bool IsLive => !isQuiet && terminal.IsLive;

    public void Began(RunRecord run, string folder)
    {
        _planned = run.Jobs.Count;
        Line($"{run.Name}: {_planned} {(_planned == 1 ? "training" : "trainings")}, into {folder}");
    }

    public void Preparing(string what) => Line($"preparing {what}");

    /// <summary>Said in quiet runs too: it may change what the results mean.</summary>
    public void Notice(string text)
    {
        lock (_gate)
        {
            _line.Say(text);
        }
    }

    public void JobBegan(JobPlan job)
    {
        lock (_gate)
        {
            _jobs[job.Id] = Stopwatch.StartNew();
        }
    }

    public void JobProgress(JobPlan job, long steps, long total, double objective)
    {
        if (terminal.IsDebug && steps > 0 && Interlocked.Exchange(ref _first, 1) == 0)
        {
            terminal.Error.WriteLine($"first step: {job.Id}");      // what measures the start of a run waits for this line
        }

        if (!IsLive || total <= 0)
        {
            return;
        }

        lock (_gate)
        {
            long now = _run.ElapsedMilliseconds;
            if (now - _drawn < 100 && steps < total)
            {
                return;
            }

            _drawn = now;
            double seconds = _jobs.TryGetValue(job.Id, out Stopwatch? clock) ? clock.Elapsed.TotalSeconds : 0;
            double rate = seconds > 0 ? steps / seconds : 0;
            string left = rate > 0 ? Duration((total - steps) / rate) : "?";
            string loss = double.IsNaN(objective) ? "" : string.Create(CultureInfo.InvariantCulture, $"  loss {objective:G4}");
            _line.Draw(string.Create(CultureInfo.InvariantCulture, $"[{_ended + 1}/{_planned}] {job.Id}  {StatusLine.Bar(steps, total)} {steps}/{total}  {rate:F0}/s  {left} left{loss}"));
        }
    }

    public void JobEnded(JobRecord result)
    {
        lock (_gate)
        {
            _ended++;
            TaskRecord? first = result.Results.Count > 0 ? result.Results[0] : null;
            string score = first is null || !first.Test.TryGetValue(first.PrimaryMetric, out double value)
                ? result.Error ?? ""
                : string.Create(CultureInfo.InvariantCulture, $"{first.Task} {first.PrimaryMetric} {value:F3}");
            Line(string.Create(CultureInfo.InvariantCulture, $"[{_ended}/{_planned}] {result.Id}: {score}{(result.Results.Count > 1 ? $", {result.Results.Count - 1} more" : "")} ({Duration(result.Seconds)})"));
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _line.Erase();
        }
    }

    private void Line(string text)
    {
        if (isQuiet)
        {
            return;
        }

        lock (_gate)
        {
            _line.Say(text);
        }
    }

    private static string Duration(double seconds) => seconds < 60
        ? string.Create(CultureInfo.InvariantCulture, $"{seconds:F1} s")
        : string.Create(CultureInfo.InvariantCulture, $"{(int)seconds / 60}m {(int)seconds % 60:D2}s");
}
