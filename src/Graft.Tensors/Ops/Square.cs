using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Every element times itself.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = 2 x dy. Keeps x.</remarks>
    public Tensor Square() => Elementwise<SquareKernel>.Apply(this);
}

internal readonly struct SquareKernel : IUnaryKernel
{
    public static string Name => "Square";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => x * x;

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => dy * (x + x);
}
