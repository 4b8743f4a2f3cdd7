namespace Graft.Benchmarks.Peers;

/// <summary>Milliseconds a step.</summary>
/// <param name="Clock">By the clock.</param>
/// <param name="Processor">Of all threads together.</param>
internal readonly record struct StepTime(double Clock, double Processor);

/// <summary>One of those who are measured in turns.</summary>
/// <param name="name">Its name.</param>
/// <param name="run">Runs a number of steps, after a number that do not count.</param>
internal sealed class Side(string name, Func<int, int, StepTime> run)
{
    private const double SampleMilliseconds = 40;

    // Cold caches do not count, but where a step takes that long they do not matter.
    private const double LongMilliseconds = 150;

    // Threads that spin for a while after their work, OpenBLAS' for some 100 ms, are asleep then.
    private const int PauseMilliseconds = 150;

    private readonly List<StepTime> _samples = [];
    private int _steps = 1;
    private int _idle = 1;

    public string Name => name;

    /// <summary>Steps that were timed.</summary>
    public int Steps => _samples.Count * _steps;

    /// <summary>Lets its caches fill and its code be compiled, and sees how long a step takes.</summary>
    public void WarmUp()
    {
        double step = run(1, 1).Clock;
        step = Math.Min(step, run(1, 0).Clock);
        _steps = (int)Math.Clamp(SampleMilliseconds / Math.Max(1e-4, step), 1, 10_000);
        _idle = step < LongMilliseconds ? 1 : 0;
    }

    public void Sample()
    {
        Thread.Sleep(PauseMilliseconds);
        _samples.Add(run(_steps, _idle));
    }

    /// <summary>The median of the samples.</summary>
    /// <param name="processor">Whether of processor time.</param>
    public double Median(bool processor)
    {
        double[] sorted = [.. _samples.Select(s => processor ? s.Processor : s.Clock).Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    public override string ToString() => name;
}
