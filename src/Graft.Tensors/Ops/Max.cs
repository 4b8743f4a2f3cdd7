using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The greater of two elements; NaN where either is NaN.</summary>
    /// <returns>The broadcast shape: sizes are aligned at the last axis and 1 stretches.</returns>
    /// <remarks>Backward: to the greater one; halved where both are equal.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Tensor Max(Tensor other) => Binary<MaxKernel>.Apply(this, other);
}

internal readonly struct MaxKernel : IBinaryKernel
{
    public static string Name => "Max";

    public static bool IsLinear => false;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => V.Max(a, b);

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Select(V.Equal(a, b), dy * V.All(0.5f), V.And(dy, V.Greater(a, b)));

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Select(V.Equal(a, b), dy * V.All(0.5f), V.And(dy, V.Greater(b, a)));
}
