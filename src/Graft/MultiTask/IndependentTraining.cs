using Graft.Tensors;
using Graft.Tensors.Threading;

namespace Graft.MultiTask;

/// <summary>Runs trainings that do not know of each other side by side: one model a task, each on a core of its own.</summary>
/// <remarks>Results are those of running them one after the other, bit for bit. Memory: at most as many trainings as workers are in it at a time. Threads:
/// where the trainings fill all that ops may use, each keeps to its own; called from such a training, it runs one after the other.</remarks>
public static class IndependentTraining
{
    /// <summary>Runs them all.</summary>
    /// <typeparam name="T">What a training gives.</typeparam>
    /// <param name="trainings">The work; each begins on the first free worker, in order.</param>
    /// <param name="workers">Most trainings at a time, at least 1; null for as many as ops may use threads.</param>
    /// <param name="cancel">Ends the trainings that run, as they see to it themselves, and keeps the others from beginning.</param>
    /// <returns>What each gave, in their order.</returns>
    /// <exception cref="OperationCanceledException">It was canceled.</exception>
    /// <exception cref="Exception">What the first training that failed, in their order, has thrown; no further ones begin then, and those begun have ended.</exception>
    public static IReadOnlyList<T> Run<T>(IReadOnlyList<Func<CancellationToken, T>> trainings, int? workers = null, CancellationToken cancel = default)
    {
        int together = SoloThread.IsSolo ? 1 : Math.Min(Check.AtLeast(1, workers ?? Engine.Threads, nameof(workers)), trainings.Count);
        Task<T>[] all = [.. trainings.Select(training => new Task<T>(() => training(cancel)))];
        int next = -1;
        Task[] others = [.. Enumerable.Range(1, Math.Max(0, together - 1)).Select(_ => Task.Factory.StartNew(
            Work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        Work();
        Task.WaitAll(others, CancellationToken.None);

        // They begin in order: before the first that has not begun, all have ended, and one of them failed.
        return [.. all.Select(training => training.Status == TaskStatus.Created ? throw new OperationCanceledException(cancel) : training.GetAwaiter().GetResult())];

        void Work()
        {
            using var solo = new SoloThread(isSolo: together > 1 && together >= Engine.Threads);
            for (int i = Interlocked.Increment(ref next); i < all.Length && !cancel.IsCancellationRequested; i = Interlocked.Increment(ref next))
            {
                all[i].RunSynchronously(TaskScheduler.Default);
                if (!all[i].IsCompletedSuccessfully)
                {
                    Volatile.Write(ref next, all.Length);
                }
            }
        }
    }
}
