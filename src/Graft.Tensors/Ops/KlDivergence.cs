using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Kullback-Leibler divergence of the distribution whose logarithm this tensor holds from that of the targets: the sum of
    /// t (log t - x), divided by the size of axis 0.</summary>
    /// <param name="targets">This tensor's shape: probabilities, or their logarithms. NaN: missing, left out.</param>
    /// <param name="logTargets">Whether the targets are logarithms.</param>
    /// <returns>A scalar. PyTorch's kl_div with reduction "batchmean".</returns>
    /// <exception cref="ShapeException">The shapes differ.</exception>
    /// <remarks>This tensor: logarithms of probabilities, [B, ...]. 0 log 0 is 0. Backward: -t / B, and to the targets its derivative. Keeps both.</remarks>
    public Tensor KlDivergence(Tensor targets, bool logTargets = false)
    {
        int rows = Rank == 0 ? 1 : Math.Max(1, Shape[0]);
        return logTargets
            ? PairLoss<LogDivergenceKernel>.Apply(this, targets, null, Reduction.Sum, divisor: rows)
            : PairLoss<DivergenceKernel>.Apply(this, targets, null, Reduction.Sum, divisor: rows);
    }
}

internal readonly struct DivergenceKernel : IPairKernel
{
    public static string Name => "KlDivergence";

    public static bool ReachesTarget => true;

    public static V Forward<V>(V x, V t, V q)
        where V : struct, IVec<V> => V.Select(V.Equal(t, V.Zero), V.Zero, t * VecMath.Log(t)) - (t * x);

    public static V Backward<V>(V x, V t, V q)
        where V : struct, IVec<V> => -t;

    public static V BackwardTarget<V>(V x, V t, V q)
        where V : struct, IVec<V> => VecMath.Log(t) + V.One - x;
}

internal readonly struct LogDivergenceKernel : IPairKernel
{
    public static string Name => "KlDivergence";

    public static bool ReachesTarget => true;

    public static V Forward<V>(V x, V t, V q)
        where V : struct, IVec<V> => VecMath.Exp(t) * (t - x);

    public static V Backward<V>(V x, V t, V q)
        where V : struct, IVec<V> => -VecMath.Exp(t);

    public static V BackwardTarget<V>(V x, V t, V q)
        where V : struct, IVec<V> => VecMath.Exp(t) * (t + V.One - x);
}
