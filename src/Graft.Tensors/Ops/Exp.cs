using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>e to the power of every element.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy y. Keeps y.</remarks>
    public Tensor Exp() => Elementwise<ExpKernel>.Apply(this);
}

internal readonly struct ExpKernel : IUnaryKernel
{
    public static string Name => "Exp";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => VecMath.Exp(x);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => dy * y;
}
