using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>x sigmoid(x) of every element, also called swish.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy s (1 + x (1 - s)) with s = sigmoid(x). Keeps x.</remarks>
    public Tensor Silu() => Elementwise<SiluKernel>.Apply(this);
}

internal readonly struct SiluKernel : IUnaryKernel
{
    public static string Name => "Silu";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => x * VecMath.Sigmoid(x);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => Slope(dy, x, VecMath.Sigmoid(x));

    private static V Slope<V>(V dy, V x, V s)
        where V : struct, IVec<V> => dy * s * (V.One + (x * (V.One - s)));
}
