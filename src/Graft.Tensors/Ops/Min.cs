using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The lesser of two elements; NaN where either is NaN.</summary>
    /// <returns>The broadcast shape: sizes are aligned at the last axis and 1 stretches.</returns>
    /// <remarks>Backward: to the lesser one; halved where both are equal.</remarks>
    /// <exception cref="ShapeException">The shapes do not broadcast.</exception>
    public Tensor Min(Tensor other) => Binary<MinKernel>.Apply(this, other);
}

internal readonly struct MinKernel : IBinaryKernel
{
    public static string Name => "Min";

    public static bool IsLinear => false;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => V.Min(a, b);

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Select(V.Equal(a, b), dy * V.All(0.5f), V.And(dy, V.Less(a, b)));

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Select(V.Equal(a, b), dy * V.All(0.5f), V.And(dy, V.Less(b, a)));
}
