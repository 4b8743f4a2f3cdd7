using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>A straight line in place of the logistic function: slope x + shift, moved into [0, 1].</summary>
    /// <param name="slope">Slope of the line; PyTorch and newer Keras have 1/6, ONNX and older Keras 0.2.</param>
    /// <param name="shift">Its value at 0.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Backward: dx = dy slope where y is above 0 and below 1, else 0. Keeps y. NaN in gives NaN out.</remarks>
    public Tensor HardSigmoid(float slope = 1 / 6f, float shift = 0.5f) => Elementwise<HardSigmoidKernel>.Apply(this, slope, shift);
}

internal readonly struct HardSigmoidKernel : IUnaryKernel
{
    public static string Name => "HardSigmoid";

    public static bool KeepsOutput => true;

    public static V Forward<V>(V x, V p, V q)
        where V : struct, IVec<V> => V.AtMost(V.AtLeast(V.Fma(x, p, q), V.Zero), V.One);

    public static V Backward<V>(V dy, V y, V p, V q)
        where V : struct, IVec<V> => V.And(dy * p, V.And(V.Greater(y, V.Zero), V.Greater(V.One, y)));
}
