using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>x above 0, alpha (exp(x) - 1) below.</summary>
    /// <param name="alpha">Limit below, with its sign changed; any number.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy above 0, else dy alpha exp(x). Keeps x.</remarks>
    public Tensor Elu(float alpha = 1) => Elementwise<EluKernel>.Apply(this, alpha);
}

internal readonly struct EluKernel : IUnaryKernel
{
    public static string Name => "Elu";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.Select(V.Greater(x, V.Zero), x, p * (VecMath.Exp(x) - V.One));

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => V.Select(V.Greater(x, V.Zero), dy, dy * p * VecMath.Exp(x));
}
