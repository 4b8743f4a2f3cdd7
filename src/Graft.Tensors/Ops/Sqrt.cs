using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Square root of every element; NaN below 0.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy / (2 y); infinite at 0. Keeps y.</remarks>
    public Tensor Sqrt() => Elementwise<SqrtKernel>.Apply(this);
}

internal readonly struct SqrtKernel : IUnaryKernel
{
    public static string Name => "Sqrt";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.Sqrt(x);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => dy / (y + y);
}
