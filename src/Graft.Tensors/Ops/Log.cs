using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Natural logarithm of every element; -inf at 0, NaN below.</summary>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy / x. Keeps x.</remarks>
    public Tensor Log() => Elementwise<LogKernel>.Apply(this);
}

internal readonly struct LogKernel : IUnaryKernel
{
    public static string Name => "Log";

    public static bool KeepsOutput => false;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => VecMath.Log(x);

    public static V Backward<V>(V dy, V x, V p, V q)
        where V : struct, IVec<V> => dy / x;
}
