using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Elementwise sum.</summary>
    /// <returns>The broadcast shape: sizes are aligned at the last axis and 1 stretches.</returns>
    /// <remarks>Backward: the gradient to both, summed over stretched axes.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator +(Tensor left, Tensor right) => Binary<AddKernel>.Apply(left, right);

    /// <summary>Adds a number to every element.</summary>
    public static Tensor operator +(Tensor left, float right) => left.Affine(1, right);

    /// <summary>Adds a number to every element.</summary>
    public static Tensor operator +(float left, Tensor right) => right.Affine(1, left);
}

internal readonly struct AddKernel : IBinaryKernel
{
    public static string Name => "Add";

    public static bool IsLinear => true;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => a + b;

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => dy;

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => dy;
}
