using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The greater of 0 and every element.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy where y is above 0, else 0. Keeps y. NaN in gives NaN out.</remarks>
    public Tensor Relu() => Elementwise<ReluKernel>.Apply(this);
}

internal readonly struct ReluKernel : IUnaryKernel
{
    public static string Name => "Relu";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.AtLeast(x, V.Zero);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => V.And(dy, V.Greater(y, V.Zero));
}
