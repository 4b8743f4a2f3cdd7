using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>x times the normal distribution function of x: 0.5 x (1 + erf(x / sqrt 2)).</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>The exact form, not the tanh approximation. Backward: dx = dy (F(x) + x f(x)). Keeps x.</remarks>
    public Tensor Gelu() => Elementwise<GeluKernel>.Apply(this);
}

internal readonly struct GeluKernel : IUnaryKernel
{
    public static string Name => "Gelu";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.All(0.5f) * x * (V.One + VecMath.Erf(x * V.All(0.70710678118f)));

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => dy * ((V.All(0.5f) * (V.One + VecMath.Erf(x * V.All(0.70710678118f)))) + (x * V.All(0.3989422804f) * VecMath.Exp(V.All(-0.5f) * x * x)));
}
