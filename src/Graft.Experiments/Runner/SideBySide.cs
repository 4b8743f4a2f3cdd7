using System.Runtime.ExceptionServices;

namespace Graft.Experiments.Runner;

/// <summary>Runs work items on several threads; results keep their order, whatever finishes first.</summary>
internal static class SideBySide
{
    /// <summary>Runs them all.</summary>
    /// <param name="count">How many items.</param>
    /// <param name="workers">Most threads at a time, at least 1.</param>
    /// <param name="run">Runs one item.</param>
    /// <param name="cancel">No item begins after it.</param>
    /// <exception cref="Exception">Of the items that failed, the exception of the first one.</exception>
    public static T[] Run<T>(int count, int workers, Func<int, T> run, CancellationToken cancel)
    {
        var results = new T[count];
        var errors = new Exception?[count];
        int next = -1;
        void Work()
        {
            for (int i = Interlocked.Increment(ref next); i < count; i = Interlocked.Increment(ref next))
            {
                try
                {
                    cancel.ThrowIfCancellationRequested();
                    results[i] = run(i);
                }
                catch (Exception e) when (Keep(errors, i, e))
                {
                    next = count;
                }
            }
        }

        var threads = new List<Thread>();
        for (int w = 1; w < Math.Min(workers, count); w++)
        {
            var thread = new Thread(Work, 16 << 20) { IsBackground = true, Name = "graft job" };
            thread.Start();
            threads.Add(thread);
        }

        Work();
        threads.ForEach(t => t.Join());
        if (Array.Find(errors, e => e is not null) is { } first)
        {
            ExceptionDispatchInfo.Throw(first);
        }

        return results;
    }

    private static bool Keep(Exception?[] errors, int item, Exception error)
    {
        errors[item] = error;
        return true;
    }
}
