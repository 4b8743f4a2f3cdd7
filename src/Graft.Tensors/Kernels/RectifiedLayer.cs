using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Where the operands of <see cref="RectifiedSlots"/> lie. Distances and strides are floats.</summary>
internal unsafe struct RectifiedLayer
{
    /// <summary>K, the gradients.</summary>
    public int Slots;

    public int Rows;

    public int Outputs;

    public int Inputs;

    /// <summary>What the rectifier gave, [rows, outputs]: a gradient passes where it is positive.</summary>
    public float* Y;

    /// <summary>Gradients of y, each [rows, outputs]; not cleared where nothing passes.</summary>
    public float* D;

    /// <summary>From one slot to the next.</summary>
    public nint DistanceD;

    /// <summary>[rows, inputs].</summary>
    public float* X;

    public nint StrideX;

    /// <summary>Whether x is what another rectifier gave: its gradients are wanted where it is positive, and elsewhere any numbers will do.</summary>
    public bool IsXRectified;

    /// <summary>[outputs, inputs].</summary>
    public float* W;

    /// <summary>From an output to the next, or where they lie innermost from an input to the next.</summary>
    public nint StrideW;

    /// <summary>Whether W, and its gradients, lie as [inputs, outputs].</summary>
    public bool OutputsInnermost;

    /// <summary>Gets gradients of x, each [rows, inputs]; or null.</summary>
    public float* DX;

    public nint DistanceX;

    /// <summary>Whether the gradients of x are added to.</summary>
    public bool AddX;

    /// <summary>Gets gradients of W, laid out like it; or null.</summary>
    public float* DW;

    public nint DistanceW;

    /// <summary>Gets gradients of b, one number an output; or null.</summary>
    public float* DB;

    public nint DistanceB;

    /// <summary>Whether the gradients of b are added to.</summary>
    public bool AddB;

    /// <summary>1 where a number is positive, 0 where it is not or is NaN; without a branch that nobody could foresee.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Passes(float* y) => (uint)(*(int*)y - 1) < 0x7F800000u ? 1 : 0;
}
