using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Graft.Tensors.Threading;

/// <summary>The worker team that all kernels share: <see cref="For{T}"/> runs the tasks of a job on it.</summary>
/// <remarks>
/// <para>A fork costs a fraction of a microsecond: workers watch a counter (the epoch) for some tens of microseconds before they sleep,
/// tasks are claimed by one atomic increment, and the caller works along. It waits only for workers that entered this job, so a
/// worker that the system has put aside delays nobody.</para>
/// <para>One job runs at a time. A caller that finds the team busy, and a job that forks again, runs its tasks itself in order.</para>
/// <para>Workers are background threads; they end with the process.</para>
/// </remarks>
internal static unsafe class Team
{
    private const int MostThreads = 64;

    // Polls of the epoch before a worker sleeps, and of the join before the caller yields: some tens of microseconds.
    private const int Spins = 1500;

    private static readonly State Shared = new();
    private static readonly Lock Hiring = new();
    private static readonly Worker?[] Workers = new Worker?[MostThreads];
    private static int _threads = Math.Clamp(Environment.ProcessorCount, 1, MostThreads);

    [ThreadStatic]
    private static int t_solo;

    /// <summary>How many scopes of this thread keep its jobs to itself.</summary>
    public static int Solo
    {
        get => t_solo;
        set => t_solo = value;
    }

    /// <summary>Threads that work on a job, the caller included: 1 to 64. At first the processors this process may use (container limits count).</summary>
    public static int Threads
    {
        get => _threads;
        set => _threads = Check.Within(1, MostThreads, value);
    }

    /// <summary>Runs tasks 0 .. count-1 and returns when all are done.</summary>
    /// <remarks>An exception in a task stops the claiming of further tasks; of those thrown, the one of the lowest index reaches the caller.</remarks>
    public static void For<T>(int count, ref T job)
        where T : struct, IJob
    {
        int threads = Math.Min(_threads, count);
        if (threads <= 1 || t_solo > 0 || Interlocked.CompareExchange(ref Shared.Busy, 1, 0) != 0)
        {
            for (int i = 0; i < count; i++)
            {
                job.Run(i);
            }

            return;
        }

        Fork(count, threads, ref job);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Fork<T>(int count, int threads, ref T job)
        where T : struct, IJob
    {
        State s = Shared;
        ExceptionDispatchInfo? error;
        try
        {
            Hire(threads);

            // The job stays where it is: workers reach it by address. Fixing it matters only where it lies on the heap.
            fixed (byte* address = &Unsafe.As<T, byte>(ref job))
            {
                s.Run = &Invoke<T>;
                s.Job = address;
                s.Count = count;
                s.Threads = threads;
                s.Next = 0;

                // Opens the door; everything above is visible to whoever enters.
                Interlocked.And(ref s.Entered, ~State.Closed);
                Interlocked.Increment(ref s.Epoch);
                for (int w = 1; w < threads; w++)
                {
                    Workers[w]!.Wake();
                }

                Drain(s);
                Interlocked.Or(ref s.Entered, State.Closed);
                int polls = 0;
                while (Volatile.Read(ref s.Entered) != State.Closed)
                {
                    Pause(ref polls);
                }
            }
        }
        finally
        {
            error = s.Error;
            s.Error = null;
            Volatile.Write(ref s.Busy, 0);
        }

        error?.Throw();
    }

    private static void Invoke<T>(void* job, int index)
        where T : struct, IJob =>
        Unsafe.AsRef<T>(job).Run(index);

    private static void Drain(State s)
    {
        while (true)
        {
            int index = Interlocked.Increment(ref s.Next) - 1;
            if (index >= s.Count)
            {
                return;
            }

            try
            {
                s.Run(s.Job, index);
            }
            catch (Exception e)
            {
                // Not swallowed: carried to the caller. Here it would end the process, or leave the caller waiting for ever.
                s.Keep(index, e);
            }
        }
    }

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
        if (Workers[threads - 1] is not null)
        {
            return;
        }

        lock (Hiring)
        {
            for (int w = 1; w < threads; w++)
            {
                Workers[w] ??= new Worker(w);
            }
        }
    }

    /// <summary>What caller and workers share; fields that different threads write often lie on cache lines of their own.</summary>
    private sealed class State
    {
        /// <summary>Set in <see cref="Entered"/> while no worker may enter.</summary>
        public const int Closed = 1 << 30;

        private readonly Lock _keeping = new();
        private int _errorIndex;

        public int Busy;
        public delegate*<void*, int, void> Run;
        public void* Job;
        public int Count;
        public int Threads;
        public ExceptionDispatchInfo? Error;

        private Line _epoch;
        private Line _next;
        private Line _entered = new() { Value = Closed };

        /// <summary>Number of the job; a change calls the workers.</summary>
        public ref int Epoch => ref _epoch.Value;

        /// <summary>The next task to claim.</summary>
        public ref int Next => ref _next.Value;

        /// <summary>Workers inside the job, and the closed bit.</summary>
        public ref int Entered => ref _entered.Value;

        public void Keep(int index, Exception e)
        {
            lock (_keeping)
            {
                if (Error is null || index < _errorIndex)
                {
                    Error = ExceptionDispatchInfo.Capture(e);
                    _errorIndex = index;
                }
            }

            Volatile.Write(ref Next, Count);
        }
    }

    /// <summary>An integer alone on its cache line, with the neighbor that the prefetcher brings along.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct Line
    {
        [FieldOffset(128)]
        public int Value;
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
            int seen = Volatile.Read(ref Shared.Epoch);
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
            State s = Shared;
            while (true)
            {
                int polls = 0;
                while (Volatile.Read(ref s.Epoch) == seen)
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

                seen = Volatile.Read(ref s.Epoch);
                if (_id >= s.Threads)
                {
                    continue;
                }

                if ((Interlocked.Increment(ref s.Entered) & State.Closed) == 0)
                {
                    Drain(s);
                }

                Interlocked.Decrement(ref s.Entered);
            }
        }

        private void Sleep(int seen)
        {
            // The flag goes up before the epoch is looked at again, and the caller bumps the epoch before it looks at the flag:
            // one of the two sees the other. Where the caller took the flag down, its call is on the way and is waited for.
            Interlocked.Exchange(ref _asleep, 1);
            if (Volatile.Read(ref Shared.Epoch) == seen || Interlocked.Exchange(ref _asleep, 0) == 0)
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
