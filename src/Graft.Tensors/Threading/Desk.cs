using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;

namespace Graft.Tensors.Threading;

/// <summary>A place where one job is worked on: what its caller and the workers who help share. Fields that different threads write often lie on cache lines of their own.</summary>
internal sealed unsafe class Desk
{
    /// <summary>Set in <see cref="Entered"/> while no worker may enter.</summary>
    public const int Closed = 1 << 30;

    private readonly Lock _keeping = new();
    private int _errorIndex;
    private Line _next;
    private Line _entered = new() { Value = Closed };

    /// <summary>1 while a caller has it.</summary>
    public int Busy;
    public delegate*<void*, int, void> Run;
    public void* Job;
    public int Count;

    /// <summary>Threads that may work at it, the caller included.</summary>
    public int Threads;
    public ExceptionDispatchInfo? Error;

    /// <summary>The next task to claim.</summary>
    public ref int Next => ref _next.Value;

    /// <summary>Workers inside the job, and the closed bit.</summary>
    public ref int Entered => ref _entered.Value;

    /// <summary>Claims tasks and runs them until none is left.</summary>
    public void Drain()
    {
        while (true)
        {
            int index = Interlocked.Increment(ref Next) - 1;
            if (index >= Count)
            {
                return;
            }

            try
            {
                Run(Job, index);
            }
            catch (Exception e)
            {
                // Not swallowed: carried to the caller. Here it would end the process, or leave the caller waiting for ever.
                Keep(index, e);
            }
        }
    }

    private void Keep(int index, Exception e)
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
internal struct Line
{
    [FieldOffset(128)]
    public int Value;
}
