using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The error function of every element: 2 / sqrt pi times the integral of exp(-t²) from 0 to x.</summary>
    /// <returns>Same shape; values in [-1, 1].</returns>
    /// <remarks>Backward: dx = dy 2 / sqrt pi exp(-x²). Keeps x.</remarks>
    public Tensor Erf() => Elementwise<ErfKernel>.Apply(this);
}

internal readonly struct ErfKernel : IUnaryKernel
{
    public static string Name => "Erf";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => VecMath.Erf(x);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => dy * V.All(1.1283791671f) * VecMath.Exp(-(x * x));
}
