using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Kernels;

/// <summary>Working memory of the kernels: one buffer for each thread and purpose, grown where needed and kept.</summary>
/// <remarks>A buffer is valid until the same thread asks for the same slot again. Every block has <see cref="Slack"/> readable bytes after its end.</remarks>
internal sealed unsafe class Workspace
{
    private const int Slack = 256;

    // A block this long lies on pages of its own: those that nobody writes to are never resident, and so it seldom has to grow, which would leave a smaller one behind.
    private const nint LeastBytes = 1 << 20;

    [ThreadStatic]
    private static Workspace? _ofThread;

    private static long _bytes;

    private readonly nint[] _blocks = new nint[(int)Slot.Count];
    private readonly nint[] _sizes = new nint[(int)Slot.Count];

    ~Workspace()
    {
        for (int i = 0; i < _blocks.Length; i++)
        {
            Free((void*)_blocks[i]);
            Interlocked.Add(ref _bytes, -_sizes[i]);
        }
    }

    /// <summary>What a buffer is for; kernels that call each other use different slots.</summary>
    public enum Slot
    {
        PackedA,
        PackedB,
        Narrow,
        Band,
        SharedBand,
        Weights,
        Partial,
        Offsets,
        Phases,
        Gradient,
        Row,
        Moments,
        Norm,
        Scores,
        TileImage,
        TileWeights,
        TileProducts,
        TileGradient,
        Turned,
        Wide,
        Centered,
        Folded,
        Through,
        Order,
        Count,
    }

    /// <summary>Bytes that all threads hold together: constant in a steady state.</summary>
    public static long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>At least this many floats, 64-byte aligned; their values are left over from earlier use.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float* Get(Slot slot, nint floats)
    {
        Workspace own = _ofThread ?? Create();
        return floats * sizeof(float) <= own._sizes[(int)slot] ? (float*)own._blocks[(int)slot] : own.Grow(slot, floats);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Workspace Create() => _ofThread = new Workspace();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private float* Grow(Slot slot, nint floats)
    {
        // A quarter more than asked for, so that slowly growing shapes do not come back each time.
        nint bytes = Math.Max((floats + (floats / 4)) * sizeof(float), LeastBytes);
        Free((void*)_blocks[(int)slot]);
        Interlocked.Add(ref _bytes, -_sizes[(int)slot]);
        _blocks[(int)slot] = 0;
        _sizes[(int)slot] = 0;
        if (GuardPages.Side != MemoryPages.None)
        {
            // Exactly as long as asked for, and another each time: nobody counts on more.
            float* guarded = (float*)GuardPages.Take(floats * sizeof(float), GuardPages.Side, Slack);
            new Span<int>(guarded, checked((int)floats) + (Slack / sizeof(float))).Fill(0x7FC0DEAD);
            _blocks[(int)slot] = (nint)guarded;
            return guarded;
        }

        void* block = NativeMemory.AlignedAlloc((nuint)(bytes + Slack), 64);
        NativeMemory.Clear((byte*)block + bytes, Slack);
        _blocks[(int)slot] = (nint)block;
        _sizes[(int)slot] = bytes;
        Interlocked.Add(ref _bytes, bytes);
        return (float*)block;
    }

    private static void Free(void* block)
    {
        if (!GuardPages.TryReturn(block))
        {
            NativeMemory.AlignedFree(block);
        }
    }
}
