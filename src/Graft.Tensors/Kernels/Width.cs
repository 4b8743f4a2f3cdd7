using System.Runtime.Intrinsics;

namespace Graft.Tensors.Kernels;

/// <summary>Which register width this machine runs.</summary>
/// <remarks>
/// Both properties are constants to the JIT, so the branch below costs nothing. Every kernel with an outer method does this once:
/// <code>
/// if (Width.Is512) { Kernel&lt;W512&gt;(x, n); } else if (Width.Is256) { Kernel&lt;W256&gt;(x, n); } else { Kernel&lt;W128&gt;(x, n); }
/// </code>
/// </remarks>
internal static class Width
{
    public static bool Is512 => Vector512.IsHardwareAccelerated;

    public static bool Is256 => Vector256.IsHardwareAccelerated;

    /// <summary>Floats in a register: 16, 8 or 4.</summary>
    public static int Lanes => Is512 ? 16 : Is256 ? 8 : 4;
}
