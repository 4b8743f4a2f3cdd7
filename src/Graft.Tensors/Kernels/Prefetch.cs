using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>Asks for a line of memory that is wanted soon; where there is no instruction for it, nothing happens. Any address is allowed.</summary>
internal static unsafe class Prefetch
{
    /// <summary>Into the first cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Near(void* p)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(p);
        }
    }

    /// <summary>Into the second cache.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Far(void* p)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch1(p);
        }
    }

    /// <summary>So many floats into the second cache, all but perhaps the last line of them.</summary>
    public static void Far(float* p, int count)
    {
        for (int i = 0; i < count; i += 16)
        {
            Far(p + i);
        }
    }
}
