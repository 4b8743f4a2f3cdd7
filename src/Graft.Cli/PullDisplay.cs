using System.Diagnostics;
using System.Globalization;
using Graft.Cli.Commands;
using Graft.Hub;

namespace Graft.Cli;

/// <summary>Shows how a download goes on, on standard error: a bar that is drawn over on a terminal, a line for each file elsewhere.</summary>
internal sealed class PullDisplay(Terminal terminal, bool isQuiet) : IProgress<HubProgress>, IDisposable
{
    private readonly Lock _gate = new();
    private readonly StatusLine _line = new(terminal);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private (string File, HubStage Stage) _at;
    private long _drawn = -1000, _began;
    private long _bytesBefore;

    private bool IsLive => terminal.IsLive;

    /// <summary>Writes a line.</summary>
    public void Say(string text)
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

    public void Report(HubProgress value)
    {
        if (isQuiet)
        {
            return;
        }

        lock (_gate)
        {
            bool isNew = _at != (value.File, value.Stage);
            if (isNew)
            {
                _at = (value.File, value.Stage);
                (_began, _bytesBefore) = (_clock.ElapsedMilliseconds, value.Bytes);
            }

            if (!IsLive)
            {
                if (isNew)
                {
                    terminal.Error.WriteLine(Words(value));
                }
            }
            else if (isNew || _clock.ElapsedMilliseconds - _drawn > 100 || value.Bytes == value.Total)
            {
                _drawn = _clock.ElapsedMilliseconds;
                _line.Draw(value.Stage == HubStage.Loading ? Bar(value) : Words(value));
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _line.Erase();
        }
    }

    private static string Words(HubProgress p) => p.Stage switch
    {
        HubStage.Waiting => $"{p.Name}: another process is loading it; waiting",
        HubStage.Loading => $"{p.File}: loading{(p.Total is { } total ? " " + HubListing.Megabytes(total) : "")}",
        HubStage.Retrying => $"{p.File}: broken off after {HubListing.Megabytes(p.Bytes)}; trying again",
        HubStage.Checking => $"{p.File}: is here; checking",
        _ => $"{p.File}: unpacking",
    };

    private string Bar(HubProgress p)
    {
        double seconds = (_clock.ElapsedMilliseconds - _began) / 1000.0;
        double rate = seconds > 0 ? (p.Bytes - _bytesBefore) / seconds : 0;
        string of = p.Total is { } all ? $" of {HubListing.Megabytes(all)}" : "";
        string left = p.Total is { } end && rate > 0 ? string.Create(CultureInfo.InvariantCulture, $"  {(end - p.Bytes) / rate:F0} s left") : "";
        return string.Create(CultureInfo.InvariantCulture, $"{p.File}  {StatusLine.Bar(p.Bytes, p.Total ?? 0)} {HubListing.Megabytes(p.Bytes)}{of}  {rate / 1e6:F1} MB/s{left}");
    }
}
