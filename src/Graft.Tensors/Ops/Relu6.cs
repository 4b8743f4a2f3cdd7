using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Every element, moved into [0, 6].</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy where y is above 0 and below 6, else 0. Keeps y. NaN in gives NaN out.</remarks>
    public Tensor Relu6() => Elementwise<Relu6Kernel>.Apply(this);
}

internal readonly struct Relu6Kernel : IUnaryKernel
{
    public static string Name => "Relu6";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.AtMost(V.AtLeast(x, V.Zero), V.All(6));

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => V.And(dy, V.And(V.Greater(y, V.Zero), V.Greater(V.All(6), y)));
}
