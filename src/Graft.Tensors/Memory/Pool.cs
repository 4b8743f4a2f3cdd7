using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.CompilerServices;

namespace Graft.Tensors.Memory;

/// <summary>All native memory of the engine, kept by size class and handed out again.</summary>
/// <remarks>
/// <para>Size classes are powers of two with four steps between them, so that at most a fifth is unused. Each thread keeps a few free blocks
/// of each class for itself; the rest lies in one shared stack a class. Memory is not given back to the system while there is work that may
/// need it again: writing to memory for the first time costs a page fault, thirty times the price of the write.</para>
/// <para>Counters tell tests that a steady step takes nothing new from the system.</para>
/// </remarks>
internal static unsafe class Pool
{
    private const int Classes = 128;
    private const int KeptByThread = 32;
    private const long SmallBytes = 1 << 20;

    private static readonly Stack<Block>[] Shared = MakeShared();
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

    /// <summary>Whether released memory is filled with NaN, to catch use after release in tests.</summary>
    public static bool Poison { get; set; }

    /// <summary>Bytes that tensors let go of without releasing them: the garbage collector finds out which are free.</summary>
    public static void AddLoose(long bytes) => Interlocked.Add(ref s_loose, bytes);

    /// <summary>A block of at least that many floats, with one user. Its content is undefined.</summary>
    public static Block Rent(long floats)
    {
        int sizeClass = ClassOf(floats * sizeof(float));
        ThreadCache cache = t_cache ??= new ThreadCache();
        ref int kept = ref cache.Counts[sizeClass];
        Block block;
        if (kept > 0)
        {
            block = cache.Blocks[(sizeClass * KeptByThread) + --kept]!;
        }
        else
        {
            block = TakeShared(sizeClass);
        }

        block.Take();
        Interlocked.Increment(ref s_liveBlocks);
        return block;
    }

    /// <summary>Called by a block whose last user is gone.</summary>
    public static void Return(Block block)
    {
        Interlocked.Decrement(ref s_liveBlocks);
        if (Poison)
        {
            new Span<float>(block.Data, (int)Math.Min(block.Bytes / sizeof(float), int.MaxValue)).Fill(float.NaN);
        }

        ThreadCache cache = t_cache ??= new ThreadCache();
        ref int kept = ref cache.Counts[block.SizeClass];
        if (kept < (block.Bytes <= SmallBytes ? KeptByThread : 2))
        {
            cache.Blocks[(block.SizeClass * KeptByThread) + kept++] = block;
            return;
        }

        lock (Shared[block.SizeClass])
        {
            Shared[block.SizeClass].Push(block);
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
    }

    private static Block TakeShared(int sizeClass)
    {
        Stack<Block> stack = Shared[sizeClass];
        lock (stack)
        {
            if (stack.TryPop(out Block? block))
            {
                return block;
            }
        }

        long bytes = BytesOf(sizeClass);

        // Much was let go of since the last look: find out what of it is free before asking the system for more.
        if (Volatile.Read(ref s_loose) > Math.Max(256L << 20, Volatile.Read(ref s_systemBytes) / 4))
        {
            Interlocked.Exchange(ref s_loose, 0);
            GC.Collect();
            GC.WaitForPendingFinalizers();
            lock (stack)
            {
                if (stack.TryPop(out Block? block))
                {
                    return block;
                }
            }
        }

        float* data;
        try
        {
            data = (float*)NativeMemory.AlignedAlloc((nuint)(bytes + Block.Slack), 64);
        }
        catch (OutOfMemoryException)
        {
            Trim();
            data = (float*)NativeMemory.AlignedAlloc((nuint)(bytes + Block.Slack), 64);
        }

        new Span<byte>((byte*)data + bytes, Block.Slack).Clear();
        Interlocked.Increment(ref s_systemAllocations);
        Interlocked.Add(ref s_systemBytes, bytes + Block.Slack);
        return new Block(data, sizeClass, bytes);
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
