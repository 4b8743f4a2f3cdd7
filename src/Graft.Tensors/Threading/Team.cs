using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Graft.Tensors.Threading;

/// <summary>The worker team that all kernels share: <see cref="For{T}"/> runs the tasks of a job on it.</summary>
/// <remarks>
/// <para>A fork costs a fraction of a microsecond: workers watch a counter (the bell) for some tens of microseconds before they sleep,
/// tasks are claimed by one atomic increment, and the caller works along. It waits only for workers that entered this job, so a
/// worker that the system has put aside delays nobody.</para>
/// <para>Several threads may fork at the same time, as two trainings in one process do: each has a <see cref="Desk"/>, and workers go where the fewest help. Callers count as
/// threads of the team, so that with as many callers as threads each works alone, and never more threads compute than were allowed. A caller that finds every desk taken runs
/// its tasks itself in order, as does a job that forks again.</para>
/// <para>Workers are background threads; they end with the process.</para>
/// </remarks>
internal static unsafe class Team
{
    private const int MostThreads = 64;
    private const int DeskCount = 8;

    // Polls of the bell before a worker sleeps, and of the join before the caller yields: some tens of microseconds.
    private const int Spins = 1500;

    private static readonly Desk[] Desks = [.. Enumerable.Range(0, DeskCount).Select(_ => new Desk())];
    private static readonly Lock Hiring = new();
    private static readonly Worker?[] Workers = new Worker?[MostThreads];
    private static int s_threads = Math.Clamp(Environment.ProcessorCount, 1, MostThreads);
    private static Line s_bell;

    [ThreadStatic]
    private static int t_solo;

    /// <summary>How many scopes and jobs of this thread keep its further jobs to itself.</summary>
    public static int Solo
    {
        get => t_solo;
        set => t_solo = value;
    }

    /// <summary>Threads that work on jobs, callers included: 1 to 64. At first the processors this process may use (container limits count).</summary>
    public static int Threads
    {
        get => s_threads;
        set => s_threads = Check.Within(1, MostThreads, value);
    }

    /// <summary>Threads that a job of this thread can count on: 1 where it keeps its jobs to itself.</summary>
    public static int Available => t_solo > 0 ? 1 : s_threads;

    /// <summary>Runs tasks 0 .. count-1 and returns when all are done.</summary>
    /// <remarks>An exception in a task stops the claiming of further tasks; of those thrown, the one of the lowest index reaches the caller.</remarks>
    public static void For<T>(int count, ref T job)
        where T : struct, IJob
    {
        int threads = Math.Min(s_threads, count);
        if (threads > 1 && t_solo == 0 && TakeDesk() is { } desk)
        {
            Fork(desk, count, threads, ref job);
            return;
        }

        for (int i = 0; i < count; i++)
        {
            job.Run(i);
        }
    }

    private static Desk? TakeDesk()
    {
        foreach (Desk desk in Desks)
        {
            if (Volatile.Read(ref desk.Busy) == 0 && Interlocked.CompareExchange(ref desk.Busy, 1, 0) == 0)
            {
                return desk;
            }
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fork<T>(Desk desk, int count, int threads, ref T job)
        where T : struct, IJob
    {
        ExceptionDispatchInfo? error;

        // Where others work as well, the workers of the lowest numbers may be busy: all are called.
        int called = desk == Desks[0] && Volatile.Read(ref Desks[1].Busy) == 0 ? threads : Math.Max(threads, s_threads);
        t_solo++;
        try
        {
            Hire(called);

            // The job stays where it is: workers reach it by address. Fixing it matters only where it lies on the heap.
            fixed (byte* address = &Unsafe.As<T, byte>(ref job))
            {
                desk.Run = &Invoke<T>;
                desk.Job = address;
                desk.Count = count;
                desk.Threads = threads;
                desk.Next = 0;

                // Opens the door; everything above is visible to whoever enters.
                Interlocked.And(ref desk.Entered, ~Desk.Closed);
                Interlocked.Increment(ref s_bell.Value);
                for (int w = 1; w < called; w++)
                {
                    Workers[w]!.Wake();
                }

                desk.Drain();
                Interlocked.Or(ref desk.Entered, Desk.Closed);
                int polls = 0;
                while (Volatile.Read(ref desk.Entered) != Desk.Closed)
                {
                    Pause(ref polls);
                }
            }
        }
        finally
        {
            t_solo--;
            error = desk.Error;
            desk.Error = null;
            Volatile.Write(ref desk.Busy, 0);
        }

        error?.Throw();
    }

    private static void Invoke<T>(void* job, int index)
        where T : struct, IJob =>
        Unsafe.AsRef<T>(job).Run(index);

    private static void Pause(ref int polls)
    {
        if (++polls < Spins)
        {
            Thread.SpinWait(1);
        }
        else
        {
            Thread.Yield();
        }
    }

    private static void Hire(int threads)
    {
        if (Volatile.Read(ref Workers[threads - 1]) is not null)
        {
            return;
        }

        lock (Hiring)
        {
            for (int w = 1; w < threads; w++)
            {
                if (Workers[w] is null)
                {
                    Volatile.Write(ref Workers[w], new Worker(w));
                }
            }
        }
    }

    private sealed class Worker
    {
        private readonly object _bed = new();
        private readonly int _id;
        private int _asleep;
        private bool _called;

        public Worker(int id)
        {
            _id = id;
            int seen = Volatile.Read(ref s_bell.Value);
            new Thread(() => Work(seen)) { IsBackground = true, Name = $"Graft worker {id}" }.UnsafeStart();
        }

        public void Wake()
        {
            if (Volatile.Read(ref _asleep) != 0 && Interlocked.Exchange(ref _asleep, 0) != 0)
            {
                lock (_bed)
                {
                    _called = true;
                    Monitor.Pulse(_bed);
                }
            }
        }

        private void Work(int seen)
        {
            t_solo++;
            while (true)
            {
                int polls = 0;
                while (Volatile.Read(ref s_bell.Value) == seen)
                {
                    if (++polls < Spins)
                    {
                        Thread.SpinWait(1);
                    }
                    else
                    {
                        Sleep(seen);
                        polls = 0;
                    }
                }

                seen = Volatile.Read(ref s_bell.Value);
                while (Choose() is { } desk)
                {
                    if ((Interlocked.Increment(ref desk.Entered) & Desk.Closed) == 0)
                    {
                        desk.Drain();
                    }

                    Interlocked.Decrement(ref desk.Entered);
                }
            }
        }

        // Where there is something left to do, and the fewest do it; workers begin to look at different desks.
        private Desk? Choose()
        {
            Desk? best = null;
            int callers = 0, fewest = int.MaxValue;
            for (int i = 0; i < DeskCount; i++)
            {
                Desk desk = Desks[(_id + i) % DeskCount];
                int entered = Volatile.Read(ref desk.Entered);
                if ((entered & Desk.Closed) != 0)
                {
                    continue;
                }

                callers++;
                if (entered < fewest && Volatile.Read(ref desk.Next) < Volatile.Read(ref desk.Count))
                {
                    (best, fewest) = (desk, entered);
                }
            }

            if (best is null || _id > s_threads - callers)
            {
                return null;
            }

            // One job alone calls the workers of the lowest numbers; of several each takes whom it gets.
            int threads = Volatile.Read(ref best.Threads);
            return (callers == 1 ? _id < threads : fewest < threads - 1) ? best : null;
        }

        private void Sleep(int seen)
        {
            // The flag goes up before the bell is looked at again, and the caller rings it before it looks at the flag:
            // one of the two sees the other. Where the caller took the flag down, its call is on the way and is waited for.
            Interlocked.Exchange(ref _asleep, 1);
            if (Volatile.Read(ref s_bell.Value) == seen || Interlocked.Exchange(ref _asleep, 0) == 0)
            {
                lock (_bed)
                {
                    while (!_called)
                    {
                        Monitor.Wait(_bed);
                    }

                    _called = false;
                }
            }
        }
    }
}
