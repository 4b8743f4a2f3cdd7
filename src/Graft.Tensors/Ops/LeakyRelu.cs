using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>x above 0, slope times x below.</summary>
    /// <param name="slope">Factor below 0; any number.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy above 0, else slope dy. Keeps x.</remarks>
    public Tensor LeakyRelu(float slope = 0.01f) => Elementwise<LeakyReluKernel>.Apply(this, slope);
}

internal readonly struct LeakyReluKernel : IUnaryKernel
{
    public static string Name => "LeakyRelu";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.Select(V.Greater(x, V.Zero), x, p * x);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => V.Select(V.Greater(x, V.Zero), dy, p * dy);
}
