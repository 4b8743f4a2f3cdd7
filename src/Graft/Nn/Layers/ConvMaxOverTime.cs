using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Convolution over the steps of sequences and its greatest result over time: every output is a window of weights, found where it fits best.</summary>
/// <remarks>
/// <para>y_j = max_i (w_jᵀ x_{i:i+h-1} + b_j) over all places i where the window of h steps lies within the sequence; one shorter than the window is filled up with zeros.</para>
/// <para>Cost: 2 B T D h operations an output forward, about half of that for windows of 2 to 5 steps, and 1 / T of it each way back: only the greatest has a gradient, the first of several.</para>
/// </remarks>
public sealed class ConvMaxOverTime : Module
{
    /// <param name="inFeatures">Numbers in a step, D; at least 1.</param>
    /// <param name="outFeatures">Outputs; at least 1.</param>
    /// <param name="window">Steps in the window, h; at least 1.</param>
    /// <param name="bias">Whether a bias is learned; without it there is none.</param>
    /// <param name="initializer">First values of the weights. Left out: <see cref="Init.KaimingUniform"/>. The bias begins at 0.</param>
    public ConvMaxOverTime(int inFeatures, int outFeatures, int window, bool bias = true, Initializer? initializer = null)
    {
        InFeatures = Check.AtLeast(1, inFeatures);
        OutFeatures = Check.AtLeast(1, outFeatures);
        Window = Check.AtLeast(1, window);
        Weight = new Parameter([outFeatures, inFeatures, 1, window], initializer ?? Init.KaimingUniform, outputLast: true);
        Bias = bias ? new Parameter([outFeatures], Init.Zeros) : null;
    }

    /// <summary>Numbers in a step.</summary>
    public int InFeatures { get; }

    /// <summary>Outputs.</summary>
    public int OutFeatures { get; }

    /// <summary>Steps in the window.</summary>
    public int Window { get; }

    /// <summary>The windows, shape [out, in, 1, h], as a <see cref="Conv2d"/> over pictures of height 1 has them.</summary>
    public Parameter Weight { get; }

    /// <summary>Shape [out], or null.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Shape [B, T, in].</param>
    /// <returns>Shape [B, out].</returns>
    /// <exception cref="ShapeException">The input has other axes, or no steps.</exception>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <summary>The same for sequences of different lengths.</summary>
    /// <param name="x">Shape [B, T, in].</param>
    /// <param name="lengths">How many steps of each count, integers [B]; null where all do.</param>
    /// <returns>Shape [B, out].</returns>
    /// <exception cref="ShapeException">The input has other axes, or no steps, or there are not as many lengths as rows.</exception>
    public Tensor Forward(Tensor x, Tensor? lengths) => x.ConvMaxOverTime(Weight.Value, Bias?.Value, lengths);

    /// <inheritdoc/>
    public override string ToString() => $"ConvMaxOverTime({InFeatures} -> {OutFeatures}, {Window})";
}
