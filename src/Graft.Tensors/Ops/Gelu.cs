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
        where V : struct, IVec<V> => VecMath.Gelu(x, out _);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V>
    {
        VecMath.Gelu(x, out V slope);
        return dy * slope;
    }
}
