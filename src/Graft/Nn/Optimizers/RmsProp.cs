using System.Globalization;
using System.Runtime.CompilerServices;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Gradients divided by the root of their running mean square.</summary>
/// <remarks>
/// <para>d = g + decay · w; v ← αv + (1 − α)d²; a ← αa + (1 − α)d where centered; u = d / (√(v − a²) + ε), a = 0 where not centered;
/// b ← momentum · b + u; w ← w − rate · b. Tieleman and Hinton, Lecture 6.5 of Neural Networks for Machine Learning, 2012;
/// centered as in Graves, Generating Sequences With Recurrent Neural Networks, 2013.</para>
/// <para>Differs from PyTorch: v − a², which rounding can make negative, is at least 0. Remembers v, b, a.</para>
/// </remarks>
/// <param name="rate">Learning rate; at least 0.</param>
/// <param name="alpha">Memory of the mean square; in [0, 1).</param>
/// <param name="epsilon">Added to the root; greater than 0.</param>
/// <param name="weightDecay">Pull towards 0, added to the gradient; at least 0.</param>
/// <param name="momentum">How much of the last direction is kept; in [0, 1).</param>
/// <param name="centered">Whether the squared mean is taken off the mean square.</param>
[Named("rmsprop")]
[Paper("Tieleman & Hinton, Lecture 6.5 - RMSProp, Neural Networks for Machine Learning, 2012", "https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf")]
public sealed class RmsProp(float rate = 0.01f, double alpha = 0.99, float epsilon = 1e-8f, float weightDecay = 0, double momentum = 0, bool centered = false)
    : Optimizer(rate, weightDecay, slots: centered ? 3 : momentum == 0 ? 1 : 2)
{
    private readonly double _alpha = Check.Fraction(alpha);
    private readonly float _epsilon = Check.Positive(epsilon);
    private readonly double _momentum = Check.Fraction(momentum);

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run)
    {
        if (centered)
        {
            run.Apply(new CenteredRule(run.Rate, run.WeightDecay, _alpha, _epsilon, (float)_momentum));
        }
        else if (_momentum == 0)
        {
            run.Apply(new Rule(run.Rate, run.WeightDecay, _alpha, _epsilon));
        }
        else
        {
            run.Apply(new MomentumRule(run.Rate, run.WeightDecay, _alpha, _epsilon, (float)_momentum));
        }
    }

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"RmsProp(rate: {Rate}, alpha: {_alpha}, momentum: {_momentum}{(centered ? ", centered" : "")}, weightDecay: {WeightDecay})");

    private readonly struct Rule(float rate, float decay, double alpha, float epsilon) : IUpdateRule
    {
        public static int Slots => 1;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
            where V : struct, IVec<V>
        {
            V d = V.Fma(V.All(decay), w, g);
            s0 = V.Fma(V.All((float)(1 - alpha)) * d, d, V.All((float)alpha) * s0);
            return w - (V.All(rate) * d / (V.Sqrt(s0) + V.All(epsilon)));
        }
    }

    private readonly struct MomentumRule(float rate, float decay, double alpha, float epsilon, float momentum) : IUpdateRule
    {
        public static int Slots => 2;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
            where V : struct, IVec<V>
        {
            V d = V.Fma(V.All(decay), w, g);
            s0 = V.Fma(V.All((float)(1 - alpha)) * d, d, V.All((float)alpha) * s0);
            s1 = V.Fma(V.All(momentum), s1, d / (V.Sqrt(s0) + V.All(epsilon)));
            return w - (V.All(rate) * s1);
        }
    }

    private readonly struct CenteredRule(float rate, float decay, double alpha, float epsilon, float momentum) : IUpdateRule
    {
        public static int Slots => 3;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
            where V : struct, IVec<V>
        {
            V d = V.Fma(V.All(decay), w, g);
            s0 = V.Fma(V.All((float)(1 - alpha)) * d, d, V.All((float)alpha) * s0);
            s2 = V.Fma(V.All((float)(1 - alpha)), d, V.All((float)alpha) * s2);
            V variance = V.AtLeast(s0 - (s2 * s2), V.Zero);
            s1 = V.Fma(V.All(momentum), s1, d / (V.Sqrt(variance) + V.All(epsilon)));
            return w - (V.All(rate) * s1);
        }
    }
}
