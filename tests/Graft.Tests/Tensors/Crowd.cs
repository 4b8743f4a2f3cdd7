namespace Graft.Tests;

/// <summary>Several threads that do the same at the same time.</summary>
internal static class Crowd
{
    /// <summary>Runs them all to the end; an error of any is an error here.</summary>
    /// <param name="threads">How many; they begin together.</param>
    /// <param name="rounds">How often each does it.</param>
    /// <param name="act">What they do.</param>
    public static void Run(int threads, int rounds, Action act)
    {
        using var begin = new Barrier(threads);
        Exception? error = null;
        Thread[] all = [.. Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            begin.SignalAndWait();
            try
            {
                for (int i = 0; i < rounds && Volatile.Read(ref error) is null; i++)
                {
                    act();
                }
            }
            catch (Exception e)
            {
                Interlocked.CompareExchange(ref error, e, null);
            }
        }))];

        Array.ForEach(all, t => t.Start());
        Array.ForEach(all, t => t.Join());
        if (error is not null)
        {
            throw new InvalidOperationException(error.Message, error);
        }
    }
}
