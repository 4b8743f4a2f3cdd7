using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Elementwise difference.</summary>
    /// <returns>The broadcast shape: sizes are aligned at the last axis and 1 stretches.</returns>
    /// <remarks>Backward: dy to the left, -dy to the right, summed over stretched axes.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator -(Tensor left, Tensor right) => Binary<SubtractKernel>.Apply(left, right);

    /// <summary>Subtracts a number from every element.</summary>
    public static Tensor operator -(Tensor left, float right) => left.Affine(1, -right);

    /// <summary>A number minus every element.</summary>
    public static Tensor operator -(float left, Tensor right) => right.Affine(-1, left);

    /// <summary>Every element with its sign changed.</summary>
    public static Tensor operator -(Tensor tensor) => tensor.Negate();
}

internal readonly struct SubtractKernel : IBinaryKernel
{
    public static string Name => "Subtract";

    public static bool IsLinear => true;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => a - b;

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => dy;

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => -dy;
}
