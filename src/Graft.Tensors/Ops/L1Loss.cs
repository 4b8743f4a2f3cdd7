using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Distance from targets: |p - t|.</summary>
    /// <param name="targets">This tensor's shape; NaN: missing, left out.</param>
    /// <param name="reduction">How elements become one number; the mean counts what is there.</param>
    /// <returns>A scalar, or with <see cref="Reduction.None"/> this shape.</returns>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <remarks>Backward: the sign of p - t, 0 where both are equal, times share; the negative to the targets. Keeps both.</remarks>
    public Tensor L1Loss(Tensor targets, Reduction reduction = Reduction.Mean) => PairLoss<AbsoluteLossKernel>.Apply(this, targets, null, reduction);
}

internal readonly struct AbsoluteLossKernel : IPairKernel
{
    public static string Name => "L1Loss";

    public static bool ReachesTarget => true;

    public static V Forward<V>(V p, V t, V q)
        where V : struct, IVec<V> => V.Abs(p - t);

    public static V Backward<V>(V p, V t, V q)
        where V : struct, IVec<V> => Sign(p - t);

    public static V BackwardTarget<V>(V p, V t, V q)
        where V : struct, IVec<V> => Sign(t - p);

    private static V Sign<V>(V d)
        where V : struct, IVec<V> => V.Select(V.Equal(d, V.Zero), V.Zero, V.CopySign(V.One, d));
}
