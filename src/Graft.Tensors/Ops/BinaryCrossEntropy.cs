using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Cross-entropy between the sigmoid of this tensor and targets: log(1 + eˣ) - x t.</summary>
    /// <param name="targets">This tensor's shape, numbers in [0, 1]; NaN: missing, left out. They get no gradient.</param>
    /// <param name="weights">A factor for each element, of a shape that broadcasts to this one, or absent. The mean is still over the count.</param>
    /// <param name="positiveWeights">A factor of what the positive share t contributes, such as [C] for labels [B, C]; greater than 0, or absent.</param>
    /// <param name="reduction">How elements become one number; the mean counts what is there.</param>
    /// <returns>A scalar, or with <see cref="Reduction.None"/> this shape.</returns>
    /// <exception cref="ShapeException">The shapes differ or do not broadcast.</exception>
    /// <remarks>Backward: sigmoid(x) - t, times weight and share. Keeps both. With positive weights r it is the same loss with the weight
    /// a = 1 + (r - 1) t and the target 1 - (1 - t) / a.</remarks>
    public Tensor BinaryCrossEntropyWithLogits(
        Tensor targets, Tensor? weights = null, Tensor? positiveWeights = null, Reduction reduction = Reduction.Mean)
    {
        if (positiveWeights is { } positive && targets.Shape == Shape)
        {
            using var silence = new NoGrad();
            Tensor a = ((positive - 1) * targets) + 1;
            targets = 1 - ((1 - targets) / a.Clamp(1e-30f, float.PositiveInfinity));
            weights = weights is { } given ? given * a : a;
        }

        return PairLoss<LogisticLossKernel>.Apply(this, targets, weights, reduction);
    }
}

internal readonly struct LogisticLossKernel : IPairKernel
{
    public static string Name => "BinaryCrossEntropyWithLogits";

    public static bool ReachesTarget => false;

    // log(1 + e^-|x|), and |x| times the share that spoke against its sign: neither is negative, so nothing cancels; infinity times no share is nothing.
    public static V Forward<V>(V p, V t, V q)
        where V : struct, IVec<V>
    {
        V size = V.Abs(p), against = V.Select(V.Greater(p, V.Zero), V.One - t, t);
        return VecMath.Softplus(-size) + V.Select(V.Equal(against, V.Zero), V.Zero, size * against);
    }

    public static V Backward<V>(V p, V t, V q)
        where V : struct, IVec<V> => VecMath.Sigmoid(p) - t;

    public static V BackwardTarget<V>(V p, V t, V q)
        where V : struct, IVec<V> => V.Zero;
}
