using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>scale times every element, plus shift.</summary>
    /// <param name="scale">Factor.</param>
    /// <param name="shift">Added after.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = scale dy.</remarks>
    public Tensor Affine(float scale, float shift = 0) => Elementwise<AffineKernel>.Apply(this, scale, shift);
}

internal readonly struct AffineKernel : IUnaryKernel
{
    public static string Name => "Affine";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.Fma(x, p, q);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => dy * p;
}
