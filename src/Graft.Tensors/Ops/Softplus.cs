using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>log(1 + exp(x)) of every element, without overflow.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy sigmoid(x). Keeps x.</remarks>
    public Tensor Softplus() => Elementwise<SoftplusKernel>.Apply(this);
}

internal readonly struct SoftplusKernel : IUnaryKernel
{
    public static string Name => "Softplus";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => VecMath.Softplus(x);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => dy * VecMath.Sigmoid(x);
}
