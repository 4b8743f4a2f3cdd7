using System.Runtime.InteropServices;

namespace Graft.Tensors.Memory;

/// <summary>Memory of large blocks: long segments of the system's memory, cut into parts of the sizes asked for. Free neighbors become one.</summary>
/// <remarks>
/// <para>The smallest free part that is large enough is taken, so that what one layer gave back serves another of another size: the peak is that of what lives at the same
/// time, not a sum over sizes. Who uses the arena holds a lock; large blocks are few, some hundreds a step.</para>
/// <para>The system gives pages when they are written to, so only what was handed out once counts as taken from it. Which part is taken depends on what is free alone, not on
/// the order in which it came back: steps that ask alike find the same parts.</para>
/// </remarks>
internal sealed unsafe class Arena
{
    private const long LeastSegment = 32L << 20;
    private const long MostSegment = 1L << 30;

    // So much at the beginning keeps its small pages: what small trainings need is then resident to the page, and fits into caches anyway.
    private const long SmallPages = 8L << 20;

    // Sizes are multiples of this. Not of a page: large tensors would all begin at the same place of one, and compete for the same sets of the cache.
    private const long Grain = 256;

    // A smaller rest is not worth a part of its own.
    private const long LeastRest = 64L << 10;

    private readonly List<Segment> _segments = [];
    private readonly List<Chunk> _free = [];
    private readonly Stack<Chunk> _spare = new();
    private long _reserved;

    /// <summary>Bytes that were handed out at least once and not given back to the system.</summary>
    public long Touched { get; private set; }

    /// <summary>How often memory was handed out that had never been before.</summary>
    public long Growths { get; private set; }

    /// <summary>The smallest free part for a number of bytes.</summary>
    /// <param name="bytes">At least 1.</param>
    /// <param name="mayGrow">Whether memory that was never handed out may be used.</param>
    /// <returns>Null: there is none.</returns>
    public Chunk? Take(long bytes, bool mayGrow)
    {
        long size = (bytes + Grain - 1) / Grain * Grain;
        Chunk? best = Find(size, mayGrow) ?? (mayGrow ? Reserve(size) : null);
        if (best is null)
        {
            return null;
        }

        Unlist(best);
        if (best.Size - size >= LeastRest)
        {
            Chunk rest = _spare.TryPop(out Chunk? spare) ? spare : new Chunk();
            (rest.Segment, rest.Offset, rest.Size) = (best.Segment, best.Offset + size, best.Size - size);
            (rest.Before, rest.After) = (best, best.After);
            if (best.After is not null)
            {
                best.After.Before = rest;
            }

            best.After = rest;
            best.Size = size;
            List(rest);
        }

        Segment segment = best.Segment!;
        long end = best.Offset + best.Size;
        if (end > segment.Touched)
        {
            Touched += end - segment.Touched;
            segment.Touched = end;
            Growths++;
        }

        return best;
    }

    /// <summary>Takes a part back.</summary>
    public void Return(Chunk chunk)
    {
        if (chunk.After is { IsFree: true } after)
        {
            Unlist(after);
            Join(chunk, after);
        }

        if (chunk.Before is { IsFree: true } before)
        {
            Unlist(before);
            Join(before, chunk);
            chunk = before;
        }

        List(chunk);
    }

    /// <summary>Gives segments of which nothing is taken back to the system.</summary>
    public void Trim()
    {
        for (int i = _segments.Count - 1; i >= 0; i--)
        {
            Segment segment = _segments[i];
            if (segment.First is { IsFree: true, After: null } whole)
            {
                Unlist(whole);
                _segments.RemoveAt(i);
                NativeMemory.AlignedFree(segment.Data);
                Touched -= segment.Touched;
                _reserved -= segment.Size;
            }
        }
    }

    // The part whose use hands out the least new memory, of those the smallest, of those the first.
    private Chunk? Find(long size, bool mayGrow)
    {
        Chunk? best = null;
        long bestGrowth = mayGrow ? long.MaxValue : 1;
        foreach (Chunk chunk in _free)
        {
            if (chunk.Size < size)
            {
                continue;
            }

            long growth = Math.Max(0, chunk.Offset + size - Math.Max(chunk.Offset, chunk.Segment!.Touched));
            if (growth < bestGrowth
                || (best is not null && growth == bestGrowth && (chunk.Size < best.Size || (chunk.Size == best.Size && chunk.Data < best.Data))))
            {
                (best, bestGrowth) = (chunk, growth);
            }
        }

        return best;
    }

    private Chunk Reserve(long size)
    {
        long bytes = Math.Max(size, Math.Clamp(_reserved, LeastSegment, MostSegment));
        void* data;
        try
        {
            data = NativeMemory.AlignedAlloc((nuint)bytes, LargePages.Size);
        }
        catch (OutOfMemoryException) when (bytes > size)
        {
            bytes = size;
            data = NativeMemory.AlignedAlloc((nuint)bytes, LargePages.Size);
        }

        long small = _reserved == 0 ? SmallPages : 0;
        LargePages.Ask((byte*)data + small, bytes - small);
        var whole = new Chunk { Size = bytes };
        var segment = new Segment((byte*)data, bytes, whole);
        whole.Segment = segment;
        _segments.Add(segment);
        _reserved += bytes;
        List(whole);
        return whole;
    }

    private void Join(Chunk first, Chunk second)
    {
        first.Size += second.Size;
        first.After = second.After;
        if (second.After is not null)
        {
            second.After.Before = first;
        }

        second.Segment = null;
        second.Before = second.After = null;
        _spare.Push(second);
    }

    private void List(Chunk chunk)
    {
        chunk.Place = _free.Count;
        _free.Add(chunk);
    }

    private void Unlist(Chunk chunk)
    {
        Chunk last = _free[^1];
        _free[chunk.Place] = last;
        last.Place = chunk.Place;
        _free.RemoveAt(_free.Count - 1);
        chunk.Place = -1;
    }
}
