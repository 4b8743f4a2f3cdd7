using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Half the squared distance from targets up to a distance of delta, and from there on linear: delta (|p - t| - delta / 2).</summary>
    /// <param name="targets">This tensor's shape; NaN: missing, left out.</param>
    /// <param name="delta">Where the square ends; greater than 0.</param>
    /// <param name="reduction">How elements become one number; the mean counts what is there.</param>
    /// <returns>A scalar, or with <see cref="Reduction.None"/> this shape.</returns>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <remarks>Backward: p - t, moved into [-delta, delta], times share; the negative to the targets. Keeps both.</remarks>
    public Tensor HuberLoss(Tensor targets, float delta = 1, Reduction reduction = Reduction.Mean) =>
        PairLoss<HuberLossKernel>.Apply(this, targets, null, reduction, Check.Positive(delta));
}

internal readonly struct HuberLossKernel : IPairKernel
{
    public static string Name => "HuberLoss";

    public static bool ReachesTarget => true;

    public static V Forward<V>(V p, V t, V delta)
        where V : struct, IVec<V>
    {
        V d = V.Abs(p - t);
        return V.Select(V.Greater(d, delta), delta * (d - (V.All(0.5f) * delta)), V.All(0.5f) * d * d);
    }

    public static V Backward<V>(V p, V t, V delta)
        where V : struct, IVec<V> => V.AtLeast(V.AtMost(p - t, delta), -delta);

    public static V BackwardTarget<V>(V p, V t, V delta)
        where V : struct, IVec<V> => V.AtLeast(V.AtMost(t - p, delta), -delta);
}
