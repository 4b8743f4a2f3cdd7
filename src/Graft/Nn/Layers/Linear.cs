using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Affine map of the last axis: y = x·Wᵀ + b.</summary>
public sealed class Linear : Module, ITakesRelu
{
    /// <param name="inFeatures">Size of the input's last axis; at least 1.</param>
    /// <param name="outFeatures">Size of the output's last axis; at least 1.</param>
    /// <param name="bias">Whether b is learned; without it b is absent, not zero.</param>
    /// <param name="initializer">First values of W. Left out: <see cref="Init.KaimingUniform"/>. b begins at 0.</param>
    public Linear(int inFeatures, int outFeatures, bool bias = true, Initializer? initializer = null)
    {
        InFeatures = Check.AtLeast(1, inFeatures);
        OutFeatures = Check.AtLeast(1, outFeatures);
        Weight = new Parameter([outFeatures, inFeatures], initializer ?? Init.KaimingUniform, outputLast: true);
        Bias = bias ? new Parameter([outFeatures], Init.Zeros) : null;
    }

    /// <summary>Size of the input's last axis.</summary>
    public int InFeatures { get; }

    /// <summary>Size of the output's last axis.</summary>
    public int OutFeatures { get; }

    /// <summary>W, shape [out, in].</summary>
    public Parameter Weight { get; }

    /// <summary>b, shape [out], or null.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Shape [..., in].</param>
    /// <returns>Shape [..., out].</returns>
    /// <exception cref="ShapeException">The last axis of <paramref name="x"/> is not <see cref="InFeatures"/>.</exception>
    public override Tensor Forward(Tensor x) => Forward(x, relu: false);

    /// <summary>The same with max(y, 0) in the same pass.</summary>
    /// <param name="x">Shape [..., in].</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <returns>Shape [..., out].</returns>
    public Tensor Forward(Tensor x, bool relu)
    {
        Expect.LastAxis(this, x, InFeatures);
        return x.Linear(Weight.Value, Bias?.Value, relu);
    }

    /// <summary>The same with <see cref="Tensor.Gelu"/> in the same pass.</summary>
    /// <param name="x">Shape [..., in].</param>
    /// <returns>Shape [..., out].</returns>
    public Tensor ForwardGelu(Tensor x)
    {
        Expect.LastAxis(this, x, InFeatures);
        return x.LinearGelu(Weight.Value, Bias?.Value);
    }

    /// <inheritdoc/>
    public override string ToString() => $"Linear({InFeatures} -> {OutFeatures})";
}
