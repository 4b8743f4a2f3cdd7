using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Elementwise quotient.</summary>
    /// <returns>The broadcast shape: sizes are aligned at the last axis and 1 stretches.</returns>
    /// <remarks>Backward: dy / b and -dy a / b², summed over stretched axes.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public static Tensor operator /(Tensor left, Tensor right) => Binary<DivideKernel>.Apply(left, right);

    /// <summary>Divides every element by a number.</summary>
    public static Tensor operator /(Tensor left, float right) => left.Affine(1 / right);

    /// <summary>A number divided by every element.</summary>
    public static Tensor operator /(float left, Tensor right) => right.Reciprocal().Affine(left);
}

internal readonly struct DivideKernel : IBinaryKernel
{
    public static string Name => "Divide";

    public static bool IsLinear => false;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => a / b;

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => dy / b;

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => -(dy * a / (b * b));
}
