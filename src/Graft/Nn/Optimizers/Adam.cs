using System.Globalization;
using System.Runtime.CompilerServices;
using Graft.Tensors;
using Graft.Tensors.Kernels;

namespace Graft.Nn.Optimizers;

/// <summary>Adaptive moments: every parameter moves by its mean gradient over the root of its mean squared gradient.</summary>
/// <remarks>
/// <para>d = g + decay · w; m ← β₁m + (1 − β₁)d; v ← β₂v + (1 − β₂)d²; w ← w − rate · m̂ / (√v̂ + ε) with m̂ = m / (1 − β₁ᵗ), v̂ = v / (1 − β₂ᵗ).</para>
/// <para>Remembers m, v and the number of updates t of each parameter. Weight decay goes through the moments, as in PyTorch's Adam;
/// <see cref="AdamW"/> keeps it apart.</para>
/// </remarks>
/// <param name="rate">Learning rate; at least 0.</param>
/// <param name="beta1">Memory of the mean; in [0, 1).</param>
/// <param name="beta2">Memory of the mean square; in [0, 1).</param>
/// <param name="epsilon">Added to the root; greater than 0.</param>
/// <param name="weightDecay">Pull towards 0, added to the gradient; at least 0.</param>
[Named("adam")]
[Paper("Kingma & Ba, Adam: A Method for Stochastic Optimization, ICLR 2015", "https://arxiv.org/abs/1412.6980")]
public sealed class Adam(float rate = 0.001f, double beta1 = 0.9, double beta2 = 0.999, float epsilon = 1e-8f, float weightDecay = 0)
    : Optimizer(rate, weightDecay, slots: 2)
{
    private readonly double _beta1 = Check.Fraction(beta1);
    private readonly double _beta2 = Check.Fraction(beta2);
    private readonly float _epsilon = Check.Positive(epsilon);

    /// <inheritdoc/>
    protected override void Update(in ParameterRun run) =>
        run.Apply(new AdamRule(run, _beta1, _beta2, _epsilon, kept: 1, addedDecay: run.WeightDecay));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"Adam(rate: {Rate}, beta1: {_beta1}, beta2: {_beta2}, weightDecay: {WeightDecay})");
}

/// <summary>What Adam and AdamW share: they differ in where weight decay enters.</summary>
internal readonly struct AdamRule : IUpdateRule
{
    private readonly float _kept;
    private readonly float _addedDecay;
    private readonly float _beta1;
    private readonly float _beta2;
    private readonly float _new1;
    private readonly float _new2;
    private readonly float _rate;
    private readonly float _root;
    private readonly float _epsilon;

    /// <param name="run">Gives learning rate and number of the update.</param>
    /// <param name="beta1">Memory of the mean.</param>
    /// <param name="beta2">Memory of the mean square.</param>
    /// <param name="epsilon">Added to the root.</param>
    /// <param name="kept">What is kept of each value before the step: 1 − rate · decay in AdamW.</param>
    /// <param name="addedDecay">Weight decay added to the gradient, in Adam.</param>
    public AdamRule(in ParameterRun run, double beta1, double beta2, float epsilon, float kept, float addedDecay)
    {
        _kept = kept;
        _addedDecay = addedDecay;
        _beta1 = (float)beta1;
        _beta2 = (float)beta2;
        _new1 = (float)(1 - beta1);
        _new2 = (float)(1 - beta2);
        _rate = (float)(run.Rate / (1 - Math.Pow(beta1, run.Update)));
        _root = (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, run.Update)));
        _epsilon = epsilon;
    }

    public static int Slots => 2;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public V Next<V>(V w, V g, ref V s0, ref V s1, ref V s2)
        where V : struct, IVec<V>
    {
        V d = V.Fma(V.All(_addedDecay), w, g);
        s0 = V.Fma(V.All(_new1), d, V.All(_beta1) * s0);
        s1 = V.Fma(V.All(_new2) * d, d, V.All(_beta2) * s1);
        V root = V.Fma(V.Sqrt(s1), V.All(_root), V.All(_epsilon));
        return (V.All(_kept) * w) - (V.All(_rate) * s0 / root);
    }
}
