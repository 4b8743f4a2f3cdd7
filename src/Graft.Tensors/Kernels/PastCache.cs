using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>When results are written past the cache (<see cref="IVec{V}.StoreFar"/>): a line that a plain store writes to is read from memory first, half as much traffic again.</summary>
internal static unsafe class PastCache
{
    /// <summary>Floats of a result that is out of the cache before anybody reads it.</summary>
    public const long Floats = 6 << 20;

    /// <summary>Whether rows of so many floats can be written so: whole registers at their multiples.</summary>
    public static bool Fits<V>(float* p, nint width)
        where V : struct, IVec<V> => width % V.Width == 0 && BeforeMultiple<V>(p) == 0;

    /// <summary>How many floats lie before the first multiple of the register's size.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BeforeMultiple<V>(float* p)
        where V : struct, IVec<V> => (int)((0 - ((nuint)p / sizeof(float))) % (nuint)V.Width);

    /// <summary>Waits until what was written can be seen by other threads.</summary>
    public static void Arrived()
    {
        if (Sse.IsSupported)
        {
            Sse.StoreFence();
        }
    }
}
