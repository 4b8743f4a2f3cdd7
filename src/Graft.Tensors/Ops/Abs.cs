using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Magnitude of every element.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy sign(x), 0 at 0. Keeps x.</remarks>
    public Tensor Abs() => Elementwise<AbsKernel>.Apply(this);
}

internal readonly struct AbsKernel : IUnaryKernel
{
    public static string Name => "Abs";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.Abs(x);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => V.Select(V.Equal(x, V.Zero), V.Zero, dy * V.CopySign(V.One, x));
}
