using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The tensor itself; its gradient comes back with the sign changed, times a factor.</summary>
    /// <param name="factor">Strength of the reversal; at least 0 in the paper.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Ganin and Lempitsky, Unsupervised Domain Adaptation by Backpropagation, ICML 2015. Backward: dx = -factor dy.</remarks>
    public Tensor ReverseGradient(float factor = 1) => Elementwise<ReverseGradientKernel>.Apply(this, factor);
}

internal readonly struct ReverseGradientKernel : IUnaryKernel
{
    public static string Name => "ReverseGradient";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => x;

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => -(dy * p);
}
