using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Hyperbolic tangent of every element, in [-1, 1].</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy (1 - y y). Keeps y.</remarks>
    public Tensor Tanh() => Elementwise<TanhKernel>.Apply(this);
}

internal readonly struct TanhKernel : IUnaryKernel
{
    public static string Name => "Tanh";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => VecMath.Tanh(x);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => dy * (V.One - (y * y));
}
