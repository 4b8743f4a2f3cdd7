using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Every element with its sign changed.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = -dy.</remarks>
    public Tensor Negate() => Elementwise<NegateKernel>.Apply(this);
}

internal readonly struct NegateKernel : IUnaryKernel
{
    public static string Name => "Negate";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => -x;

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => -dy;
}
