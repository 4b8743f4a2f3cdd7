using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Graft.Tensors;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Benchmarks;

/// <summary>The least that work on memory can be: numbers go from one place to another, or are read. What other work reaches is measured by this.</summary>
/// <remarks>A copy writes past the caches, so that a line of memory is not read before it is written to: two bytes move for every byte that is copied.</remarks>
internal sealed unsafe class Traffic : IDisposable
{
    private const int Tasks = 512;

    private readonly float* _memory;
    private readonly nint _count;

    /// <param name="bytes">Of all memory that is gone through: far more than caches hold.</param>
    public Traffic(long bytes)
    {
        _count = (nint)(bytes / sizeof(float) / (Tasks * 2 * 64) * (Tasks * 2 * 64));
        _memory = (float*)NativeMemory.AlignedAlloc((nuint)_count * sizeof(float), LargePages.Size);
        LargePages.Ask(_memory, _count * sizeof(float));
        for (nint i = 0; i < _count; i += 1 << 20)
        {
            new Span<float>(_memory + i, (int)Math.Min(1 << 20, _count - i)).Fill(1);
        }
    }

    ~Traffic() => Free();

    /// <summary>GB/s of one copy of the first half to the second.</summary>
    public double Copy() => Run(isCopy: true);

    /// <summary>GB/s of reading all once.</summary>
    public double Read() => Run(isCopy: false);

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free() => NativeMemory.AlignedFree(_memory);

    private double Run(bool isCopy)
    {
        var job = new Job { Memory = _memory, Count = _count, IsCopy = isCopy };
        WorkTime begin = WorkTime.Now;
        Team.For(Tasks, ref job);
        double seconds = WorkTime.Now - begin;
        GC.KeepAlive(this);
        return _count * sizeof(float) / seconds / 1e9;
    }

    private struct Job : IJob
    {
        private static float s_sink;

        public float* Memory;
        public nint Count;
        public bool IsCopy;

        public readonly void Run(int index)
        {
            if (Width.Is512)
            {
                Run<W512>(index);
            }
            else if (Width.Is256)
            {
                Run<W256>(index);
            }
            else
            {
                Run<W128>(index);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private readonly void Run<V>(int index)
            where V : struct, IVec<V>
        {
            if (IsCopy)
            {
                nint n = Count / 2 / Tasks;
                float* from = Memory + (index * n), to = from + (Count / 2);
                for (nint i = 0; i < n; i += 4 * V.Width)
                {
                    V a = V.Load(from + i), b = V.Load(from + i + V.Width), c = V.Load(from + i + (2 * V.Width)), d = V.Load(from + i + (3 * V.Width));
                    V.StoreFar(a, to + i);
                    V.StoreFar(b, to + i + V.Width);
                    V.StoreFar(c, to + i + (2 * V.Width));
                    V.StoreFar(d, to + i + (3 * V.Width));
                }

                PastCache.Arrived();
                return;
            }

            nint count = Count / Tasks;
            float* p = Memory + (index * count);
            V s0 = V.Zero, s1 = V.Zero, s2 = V.Zero, s3 = V.Zero;
            for (nint i = 0; i < count; i += 4 * V.Width)
            {
                s0 += V.Load(p + i);
                s1 += V.Load(p + i + V.Width);
                s2 += V.Load(p + i + (2 * V.Width));
                s3 += V.Load(p + i + (3 * V.Width));
            }

            Volatile.Write(ref s_sink, V.Sum(s0 + s1 + s2 + s3));
        }
    }
}

/// <summary>A moment, to tell how long work took: by the clock, and with one thread by its processor time where that is less, so that others on the machine count little.</summary>
internal readonly struct WorkTime
{
    private readonly long _clock;
    private readonly double _processor;

    private WorkTime(long clock, double processor) => (_clock, _processor) = (clock, processor);

    public static WorkTime Now => new(Stopwatch.GetTimestamp(), Engine.Threads == 1 ? Environment.CpuUsage.TotalTime.TotalSeconds : double.NaN);

    /// <summary>Seconds between two moments.</summary>
    public static double operator -(WorkTime end, WorkTime begin)
    {
        double clock = Stopwatch.GetElapsedTime(begin._clock, end._clock).TotalSeconds, processor = end._processor - begin._processor;
        return processor > 0 && processor < clock ? processor : clock;
    }
}
