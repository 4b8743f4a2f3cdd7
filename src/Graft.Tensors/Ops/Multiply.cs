using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Elementwise product.</summary>
    /// <returns>The broadcast shape: sizes are aligned at the last axis and 1 stretches.</returns>
    /// <remarks>Backward: dy b and dy a, summed over stretched axes.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator *(Tensor left, Tensor right) => Binary<MultiplyKernel>.Apply(left, right);

    /// <summary>Multiplies every element by a number.</summary>
    public static Tensor operator *(Tensor left, float right) => left.Affine(right);

    /// <summary>Multiplies every element by a number.</summary>
    public static Tensor operator *(float left, Tensor right) => right.Affine(left);
}

internal readonly struct MultiplyKernel : IBinaryKernel
{
    public static string Name => "Multiply";

    public static bool IsLinear => false;

    public static bool LooksAtOther => true;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => a * b;

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => dy * b;

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => dy * a;
}
