using System.Globalization;
using System.Runtime.CompilerServices;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Plain gradient descent: w ← w − rate · g, with nothing remembered.</summary>
/// <remarks>A group's weight decay adds decay · w to the gradient.</remarks>
/// <param name="rate">Learning rate; at least 0.</param>
[Named("gradient-descent")]
public sealed class GradientDescent(float rate = 0.01f) : Optimizer(rate, weightDecay: 0, slots: 0)
{
    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) => run.Apply(new Rule(run.Rate, run.WeightDecay));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"GradientDescent(rate: {Rate})");

    private readonly struct Rule(float rate, float decay) : IUpdateRule
    {
        public static int Slots => 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
            where V : struct, IVec<V> =>
            w - (V.All(rate) * V.Fma(V.All(decay), w, g));
    }
}
