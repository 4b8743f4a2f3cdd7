using System.Numerics;
using System.Runtime.InteropServices;

namespace Graft.Tensors.Memory;

/// <summary>All native memory of the engine, kept and handed out again.</summary>
/// <remarks>
/// <para>Small blocks come in size classes, powers of two with four steps between them. Each thread keeps a few free blocks of each class for itself; the rest lies in one
/// shared stack a class. Large blocks are parts of the <see cref="Arena"/>. What a model keeps for its whole life, parameters and what optimizers remember, is memory of its
/// own: exactly as long as asked for, zero at first without being written to, and given back to the system when it is garbage.</para>
/// <para>Other memory is not given back to the system while there is work that may need it again: writing to memory for the first time costs a page fault, thirty times
/// the price of the write.</para>
/// <para>Counters tell tests that a steady step takes nothing new from the system.</para>
/// </remarks>
internal static unsafe class Pool
{
    private const int Classes = 72;
    private const int KeptByThread = 32;
    private const long SmallBytes = 1 << 20;

    // Memory of its own that is at least so long is asked for in large pages.
    private const long LongBytes = 16L << 20;

    private static readonly Stack<Block>[] Shared = MakeShared();
    private static readonly Arena Large = new();
    private static readonly Lock Gate = new();
    private static readonly Stack<Block> Empty = new();
    private static long s_systemAllocations;
    private static long s_systemBytes;
    private static long s_liveBlocks;
    private static long s_loose;

    [ThreadStatic]
    private static ThreadCache? t_cache;

    /// <summary>How often memory was taken from the system so far.</summary>
    public static long SystemAllocations => Volatile.Read(ref s_systemAllocations);

    /// <summary>Bytes taken from the system and not given back.</summary>
    public static long SystemBytes => Volatile.Read(ref s_systemBytes);

    /// <summary>Blocks in use by tensors.</summary>
    public static long LiveBlocks => Volatile.Read(ref s_liveBlocks);

    /// <summary>Whether blocks are checked, see <see cref="Guard"/>: those that are handed out from now on.</summary>
    public static bool IsGuarded { get; set; }

    /// <summary>Bytes that tensors let go of without releasing them: the garbage collector finds out which are free.</summary>
    public static void AddLoose(long bytes) => Interlocked.Add(ref s_loose, bytes);

    /// <summary>A block of at least that many floats, with one user. Its content is undefined.</summary>
    public static Block Rent(long floats)
    {
        long bytes = floats * sizeof(float);
        Block block = GuardPages.IsOpen ? RentPages(bytes) : bytes <= SmallBytes ? RentSmall(bytes) : RentLarge(bytes);
        block.Take();
        Interlocked.Increment(ref s_liveBlocks);
        if (IsGuarded)
        {
            Guard.Open(block, floats);
        }

        return block;
    }

    /// <summary>A block of zeros for what lives long, with one user. Pages that nobody writes to are never resident.</summary>
    public static Block RentLasting(long floats)
    {
        nuint bytes = checked((nuint)Math.Max(1, floats) * sizeof(float));
        nuint whole = bytes + Block.Slack + 64;
        FindLoose();
        void* own;
        if (GuardPages.IsOpen)
        {
            own = FromSystem(bytes, static size => (nint)GuardPages.Take(size, GuardPages.Side, Block.Slack));
        }
        else
        {
            own = FromSystem(whole, static size => (nint)NativeMemory.AllocZeroed((nuint)size));
            if (bytes >= LongBytes)
            {
                LargePages.Ask(own, (long)whole);
            }
        }

        var block = Block.Alone(own, (float*)(((nuint)own + 63) / 64 * 64), (long)bytes, (long)whole);
        Interlocked.Increment(ref s_systemAllocations);
        Interlocked.Add(ref s_systemBytes, (long)whole);
        AddLoose((long)bytes);
        block.Take();
        Interlocked.Increment(ref s_liveBlocks);
        if (IsGuarded)
        {
            Guard.OpenZeros(block, (long)bytes / sizeof(float));
        }

        return block;
    }

    /// <summary>Called by a block whose last user is gone.</summary>
    public static void Return(Block block)
    {
        Interlocked.Decrement(ref s_liveBlocks);
        try
        {
            Guard.Close(block);
        }
        finally
        {
            if (block.SizeClass < 0)
            {
                ReturnLarge(block);
            }
            else
            {
                ReturnSmall(block);
            }
        }
    }

    /// <summary>Called by the finalizer of a block that became garbage.</summary>
    public static void Reclaim(Block block)
    {
        // A free block that dies with its thread's cache goes back as well; only one in use counts as live.
        if (!block.IsFree)
        {
            block.Abandon();
            Interlocked.Decrement(ref s_liveBlocks);
        }

        block.Guarded = -1;
        if (block.SizeClass < 0)
        {
            if (block.FromSystem == 0)
            {
                GC.ReRegisterForFinalize(block);
            }

            ReturnLarge(block);
            return;
        }

        GC.ReRegisterForFinalize(block);
        lock (Shared[block.SizeClass])
        {
            Shared[block.SizeClass].Push(block);
        }
    }

    /// <summary>Gives shared free memory back to the system; called between trainings, never inside one.</summary>
    public static void Trim()
    {
        foreach (Stack<Block> stack in Shared)
        {
            lock (stack)
            {
                while (stack.TryPop(out Block? block))
                {
                    block.Forget();
                    NativeMemory.AlignedFree(block.Data);
                    Interlocked.Add(ref s_systemBytes, -(block.Bytes + Block.Slack));
                }
            }
        }

        lock (Gate)
        {
            long before = Large.Touched;
            Large.Trim();
            Interlocked.Add(ref s_systemBytes, Large.Touched - before);
        }
    }

    // Pages of its own. They do not count as taken from the system: with them nothing is kept that could be handed out again.
    private static Block RentPages(long bytes)
    {
        FindLoose();
        void* own = FromSystem((nuint)bytes, static size => (nint)GuardPages.Take(size, GuardPages.Side, Block.Slack));
        lock (Gate)
        {
            Block block = Empty.TryPop(out Block? empty) ? empty : Block.OfArena();
            block.PlacePages(own, bytes);
            return block;
        }
    }

    private static Block RentSmall(long bytes)
    {
        int sizeClass = ClassOf(bytes);
        ThreadCache cache = t_cache ??= new ThreadCache();
        ref int kept = ref cache.Counts[sizeClass];
        return kept > 0 ? cache.Blocks[(sizeClass * KeptByThread) + --kept]! : TakeShared(sizeClass);
    }

    private static void ReturnSmall(Block block)
    {
        ThreadCache cache = t_cache ??= new ThreadCache();
        ref int kept = ref cache.Counts[block.SizeClass];
        if (kept < KeptByThread)
        {
            cache.Blocks[(block.SizeClass * KeptByThread) + kept++] = block;
            return;
        }

        lock (Shared[block.SizeClass])
        {
            Shared[block.SizeClass].Push(block);
        }
    }

    private static Block RentLarge(long bytes)
    {
        long needed = checked(bytes + Block.Slack);
        lock (Gate)
        {
            if (Large.Take(needed, mayGrow: false) is { } chunk)
            {
                return Placed(chunk);
            }
        }

        FindLoose();
        try
        {
            return Grown(needed);
        }
        catch (OutOfMemoryException)
        {
            Trim();
            return Grown(needed);
        }
    }

    private static Block Grown(long needed)
    {
        lock (Gate)
        {
            long before = Large.Touched, growths = Large.Growths;
            Chunk chunk = Large.Take(needed, mayGrow: true)!;
            Interlocked.Add(ref s_systemBytes, Large.Touched - before);
            Interlocked.Add(ref s_systemAllocations, Large.Growths - growths);
            return Placed(chunk);
        }
    }

    private static Block Placed(Chunk chunk)
    {
        Block block = Empty.TryPop(out Block? empty) ? empty : Block.OfArena();
        block.Place(chunk);
        return block;
    }

    private static void ReturnLarge(Block block)
    {
        if (block.Own != null && !GuardPages.TryReturn(block.Own))
        {
            NativeMemory.Free(block.Own);
        }

        if (block.FromSystem > 0)
        {
            block.Forget();
            Interlocked.Add(ref s_systemBytes, -block.FromSystem);
            return;
        }

        lock (Gate)
        {
            if (block.Own != null)
            {
                block.PlacePages(null, 0);
            }

            if (block.Chunk is { } chunk)
            {
                block.Place(null);
                Large.Return(chunk);
            }

            Empty.Push(block);
        }
    }

    private static Block TakeShared(int sizeClass)
    {
        Stack<Block> stack = Shared[sizeClass];
        if (TryPop(stack, out Block? block) || (FindLoose() && TryPop(stack, out block)))
        {
            return block!;
        }

        long bytes = BytesOf(sizeClass);
        var data = (float*)FromSystem((nuint)(bytes + Block.Slack), static size => (nint)NativeMemory.AlignedAlloc((nuint)size, 64));
        new Span<byte>((byte*)data + bytes, Block.Slack).Clear();
        Interlocked.Increment(ref s_systemAllocations);
        Interlocked.Add(ref s_systemBytes, bytes + Block.Slack);
        return Block.OfClass(data, bytes, sizeClass);
    }

    private static bool TryPop(Stack<Block> stack, out Block? block)
    {
        lock (stack)
        {
            return stack.TryPop(out block);
        }
    }

    private static void* FromSystem(nuint bytes, Func<nint, nint> take)
    {
        try
        {
            return (void*)take((nint)bytes);
        }
        catch (OutOfMemoryException)
        {
            Trim();
            return (void*)take((nint)bytes);
        }
    }

    // Much was let go of since the last look: finds out what of it is free, before the system is asked for more.
    private static bool FindLoose()
    {
        if (Volatile.Read(ref s_loose) <= Math.Max(256L << 20, Volatile.Read(ref s_systemBytes) / 4))
        {
            return false;
        }

        Interlocked.Exchange(ref s_loose, 0);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return true;
    }

    // Class c holds blocks of (4 + c % 4) * 2^(c / 4) * 16 bytes: 64, 80, 96, 112, 128, 160 ...
    private static int ClassOf(long bytes)
    {
        long units = Math.Max(4, (bytes + 15) >> 4);
        int power = BitOperations.Log2((ulong)units) - 2;
        long step = units >> power;
        if (step << power != units)
        {
            step++;
        }

        return step == 8 ? (power + 1) * 4 : (power * 4) + (int)(step - 4);
    }

    private static long BytesOf(int sizeClass) => (4L + (sizeClass % 4)) << (sizeClass / 4) << 4;

    private static Stack<Block>[] MakeShared()
    {
        var stacks = new Stack<Block>[Classes];
        for (int i = 0; i < stacks.Length; i++)
        {
            stacks[i] = new Stack<Block>();
        }

        return stacks;
    }

    private sealed class ThreadCache
    {
        public readonly Block?[] Blocks = new Block?[Classes * KeptByThread];
        public readonly int[] Counts = new int[Classes];
    }
}
