using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>x min(max(x + 3, 0), 6) / 6 of every element.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = 0 below -3, dy above 3, dy (x / 3 + 1/2) between. Keeps x.</remarks>
    public Tensor HardSwish() => Elementwise<HardSwishKernel>.Apply(this);
}

internal readonly struct HardSwishKernel : IUnaryKernel
{
    public static string Name => "HardSwish";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => x * V.AtMost(V.AtLeast(V.Fma(x, V.All(1 / 6f), V.All(0.5f)), V.Zero), V.One);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V>
    {
        V slope = V.Select(V.Greater(x, V.All(3)), V.One, V.Fma(x, V.All(1 / 3f), V.All(0.5f)));
        return dy * V.Select(V.Greater(V.All(-3), x), V.Zero, slope);
    }
}
