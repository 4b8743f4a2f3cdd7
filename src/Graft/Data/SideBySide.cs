using Graft.Tensors;

namespace Graft.Data;

/// <summary>Work on many rows on all cores, with the errors that one after the other would give.</summary>
internal static class SideBySide
{
    /// <summary>Does the work for every number below a count; which thread does which never matters to what comes out.</summary>
    /// <param name="count">How many there are; at least 0.</param>
    /// <param name="work">Gets the number; writes only what is its own.</param>
    /// <param name="cancel">Ends it early.</param>
    /// <exception cref="GraftInputException">One could not be read; the first of them is told.</exception>
    public static void For(int count, Action<int> work, CancellationToken cancel = default)
    {
        if (count == 1 || Engine.Threads == 1)
        {
            for (int i = 0; i < count; i++)
            {
                cancel.ThrowIfCancellationRequested();
                work(i);
            }

            return;
        }

        var failures = new GraftInputException?[count];
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Engine.Threads, CancellationToken = cancel }, i =>
        {
            try
            {
                work(i);
            }
            catch (GraftInputException e)
            {
                failures[i] = e;
            }
        });
        if (Array.Find(failures, f => f is not null) is { } first)
        {
            throw new GraftInputException(first.Findings, first);
        }
    }
}
