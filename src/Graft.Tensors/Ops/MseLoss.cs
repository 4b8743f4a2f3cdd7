using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Squared distance from targets: (p - t)².</summary>
    /// <param name="targets">This tensor's shape; NaN: missing, left out.</param>
    /// <param name="reduction">How elements become one number; the mean counts what is there.</param>
    /// <returns>A scalar, or with <see cref="Reduction.None"/> this shape.</returns>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <remarks>Backward: 2 (p - t) times share; the negative to the targets. Keeps both.</remarks>
    public Tensor MseLoss(Tensor targets, Reduction reduction = Reduction.Mean) => PairLoss<SquareLossKernel>.Apply(this, targets, null, reduction);
}

internal readonly struct SquareLossKernel : IPairKernel
{
    public static string Name => "MseLoss";

    public static bool ReachesTarget => true;

    public static V Forward<V>(V p, V t, V q)
        where V : struct, IVec<V> => (p - t) * (p - t);

    public static V Backward<V>(V p, V t, V q)
        where V : struct, IVec<V> => V.All(2) * (p - t);

    public static V BackwardTarget<V>(V p, V t, V q)
        where V : struct, IVec<V> => V.All(2) * (t - p);
}
