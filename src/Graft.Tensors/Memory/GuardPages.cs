using System.Runtime.InteropServices;

namespace Graft.Tensors.Memory;

/// <summary>Memory between pages that nobody may touch: what reads or writes too far ends the process where it does so, as does what touches memory that was given back.</summary>
/// <remarks>For the search for errors, on Linux: each piece is a mapping of its own, and takes two calls of the system and some pages.</remarks>
internal static unsafe partial class GuardPages
{
    private const int Page = 4096;

    // As in the system's headers.
    private const int ReadWrite = 3, None = 0, PrivateAnonymous = 0x22, DontNeed = 4;

    // What was given back stays unreadable for so many returns; then others may get its addresses.
    private const int MostGone = 4000;
    private const long MostGoneBytes = 64L << 30;

    // The system has some 65,000 mappings for a process, and a piece needs three.
    private const int MostLive = 12_000;

    private static readonly Lock Gate = new();
    private static readonly Dictionary<nint, Mapping> Live = [];
    private static readonly Queue<Mapping> Gone = new();
    private static int s_live;
    private static int s_refused;
    private static long s_goneBytes;

    /// <summary>Where the unreadable page lies of what is taken from now on.</summary>
    /// <exception cref="PlatformNotSupportedException">The system is not Linux.</exception>
    public static MemoryPages Side
    {
        get;
        set
        {
            if (value != MemoryPages.None)
            {
                if (!OperatingSystem.IsLinux())
                {
                    throw new PlatformNotSupportedException($"MemoryPages: expected Linux, got {RuntimeInformation.OSDescription}. Elsewhere memory is checked by marks alone.");
                }

                // At once: tests count what steps allocate.
                lock (Gate)
                {
                    Live.EnsureCapacity(2 * MostLive);
                    Gone.EnsureCapacity(2 * MostGone);
                }
            }

            field = value;
        }
    }

    /// <summary>Whether pieces are to be taken here at present: where too many live, the system has no mappings for more.</summary>
    public static bool IsOpen
    {
        get
        {
            if (Side == MemoryPages.None)
            {
                return false;
            }

            if (Volatile.Read(ref s_live) < MostLive)
            {
                return true;
            }

            if (Interlocked.Increment(ref s_refused) % MostLive == 1)
            {
                GC.Collect();
                GC.WaitForPendingFinalizers();
            }

            return Volatile.Read(ref s_live) < MostLive;
        }
    }

    /// <summary>Takes memory.</summary>
    /// <param name="bytes">How many.</param>
    /// <param name="side">Where the unreadable page lies.</param>
    /// <param name="slack">Readable bytes behind them.</param>
    /// <returns>On a boundary of 64 bytes; zeros.</returns>
    public static void* Take(long bytes, MemoryPages side, int slack)
    {
        long room = (bytes + slack + Page - 1) / Page * Page, whole = room + (2 * Page);
        byte* start = (byte*)Map(null, (nuint)whole, None, PrivateAnonymous, -1, 0);
        if (start == (byte*)-1)
        {
            throw new InsufficientMemoryException();
        }

        if (Protect(start + Page, (nuint)room, ReadWrite) != 0)
        {
            _ = Unmap(start, (nuint)whole);
            throw new InsufficientMemoryException();
        }

        byte* first = start + Page;
        if (side == MemoryPages.Behind)
        {
            first = (byte*)((nuint)(start + Page + room - slack - bytes) / 64 * 64);
        }

        lock (Gate)
        {
            Live[(nint)first] = new Mapping((nint)start, whole);
            s_live = Live.Count;
        }

        return first;
    }

    /// <summary>Gives memory back: it is unreadable from now on.</summary>
    /// <param name="first">What <see cref="Take"/> gave.</param>
    /// <returns>False: it gave nothing there.</returns>
    public static bool TryReturn(void* first)
    {
        if (Volatile.Read(ref s_live) == 0)
        {
            return false;
        }

        lock (Gate)
        {
            if (!Live.Remove((nint)first, out Mapping mapping))
            {
                return false;
            }

            s_live = Live.Count;
            _ = Protect((void*)mapping.Start, (nuint)mapping.Bytes, None);
            _ = Advise((void*)mapping.Start, (nuint)mapping.Bytes, DontNeed);
            Gone.Enqueue(mapping);
            s_goneBytes += mapping.Bytes;
            while (Gone.Count > MostGone || s_goneBytes > MostGoneBytes)
            {
                Mapping oldest = Gone.Dequeue();
                s_goneBytes -= oldest.Bytes;
                _ = Unmap((void*)oldest.Start, (nuint)oldest.Bytes);
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "mmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial void* Map(void* address, nuint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc", EntryPoint = "mprotect")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Protect(void* start, nuint bytes, int protection);

    [LibraryImport("libc", EntryPoint = "munmap")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Unmap(void* start, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static partial int Advise(void* start, nuint bytes, int advice);

    private readonly record struct Mapping(nint Start, long Bytes);
}
