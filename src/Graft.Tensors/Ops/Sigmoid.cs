using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Logistic function of every element: y = 1 / (1 + exp(-x)), in [0, 1].</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy y (1 - y). Keeps y, not x. NaN in gives NaN out.</remarks>
    public Tensor Sigmoid() => Elementwise<SigmoidKernel>.Apply(this);
}

internal readonly struct SigmoidKernel : IUnaryKernel
{
    public static string Name => "Sigmoid";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => VecMath.Sigmoid(x);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => dy * y * (V.One - y);
}
