using System.Globalization;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>The mean of the steps of a sequence, weighted by how much each step resembles what the layer learned to look for.</summary>
/// <remarks>
/// <para>y = Σ_t a_t x_t with a = softmax over the steps of u_tᵀ c, where u_t = tanh(W x_t + b) (paper, section 2.2, equations 5 to 7) or, without a hidden
/// width, x_t itself. c is learned. Steps behind the end of a row get no weight.</para>
/// <para>B rows of T steps with F numbers each. c begins uniform in ±1 / sqrt(its size).</para>
/// </remarks>
[Paper("Yang et al., Hierarchical Attention Networks for Document Classification, NAACL 2016", "https://aclanthology.org/N16-1174")]
public sealed class AttentionPooling : Module
{
    private readonly int _features;

    /// <param name="features">Size of a step, F; at least 1.</param>
    /// <param name="hidden">Size of u; 0: the steps themselves are compared.</param>
    public AttentionPooling(int features, int hidden = 0)
    {
        _features = Check.AtLeast(1, features);
        int width = Check.AtLeast(0, hidden) > 0 ? hidden : features;
        Projection = hidden > 0 ? new Linear(features, hidden) : null;
        float bound = 1 / MathF.Sqrt(width);
        Context = new Parameter([width], Init.Uniform(-bound, bound));
    }

    /// <summary>W and b, or null.</summary>
    public Linear? Projection { get; }

    /// <summary>c.</summary>
    public Parameter Context { get; }

    /// <param name="x">Shape [B, T, F].</param>
    /// <returns>Shape [B, F].</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <summary>The weighted mean of the steps that count.</summary>
    /// <param name="x">Shape [B, T, F].</param>
    /// <param name="lengths">Integers [B]: how many steps of each row count, at least the first. Left out: all.</param>
    /// <returns>Shape [B, F].</returns>
    /// <exception cref="ShapeException">The input has other axes.</exception>
    public Tensor Forward(Tensor x, Tensor? lengths)
    {
        if (x.Rank != 3 || x.Shape[2] != _features)
        {
            throw new ShapeException(ToString(), $"input [B, T, {_features}]", x.Shape.ToString(), "Sequences come batch first, then steps, then features.");
        }

        Tensor looks = Projection is null ? x : Projection.Forward(x).Tanh();
        Tensor weights = Steps.Softmax(looks.MatMul(Context.Value), lengths);      // [B, T]
        return weights.Unsqueeze(1).MatMul(x).Squeeze(1);
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"AttentionPooling({_features})");
}
