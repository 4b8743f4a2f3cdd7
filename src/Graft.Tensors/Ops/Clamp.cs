using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Every element, moved into [low, high]; NaN stays NaN.</summary>
    /// <param name="low">Lower bound; may be -inf.</param>
    /// <param name="high">Upper bound; may be inf.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy inside and on the bounds, 0 outside. Keeps x.</remarks>
    public Tensor Clamp(float low, float high) => Elementwise<ClampKernel>.Apply(this, low, high);
}

internal readonly struct ClampKernel : IUnaryKernel
{
    public static string Name => "Clamp";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.AtMost(V.AtLeast(x, p), q);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => V.And(dy, V.And(V.GreaterOrEqual(x, p), V.GreaterOrEqual(q, x)));
}
