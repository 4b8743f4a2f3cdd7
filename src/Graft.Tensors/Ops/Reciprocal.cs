using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>1 divided by every element.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = -dy y y. Keeps y.</remarks>
    public Tensor Reciprocal() => Elementwise<ReciprocalKernel>.Apply(this);
}

internal readonly struct ReciprocalKernel : IUnaryKernel
{
    public static string Name => "Reciprocal";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.One / x;

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => -(dy * y * y);
}
