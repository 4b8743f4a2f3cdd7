using System.Globalization;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Self-attention of several heads: queries, keys and values are affine maps of the steps, and so is the output of what the heads give side by side.</summary>
/// <remarks>y = W_o [head_1; ...; head_h] + b_o (paper, section 3.2.2); see <see cref="Attention"/> for cost. B rows of T steps.</remarks>
[Paper("Vaswani et al., Attention Is All You Need, NeurIPS 2017", "https://arxiv.org/abs/1706.03762")]
public sealed class MultiHeadAttention : Module
{
    private static readonly string[] Plain = ["query", "key", "value", "output"];

    private readonly IReadOnlyList<string> _names;
    private readonly Linear[] _maps;
    private readonly Dropout? _dropout;

    /// <param name="width">Size of a step, E; at least 1.</param>
    /// <param name="heads">Number of heads; a divisor of the width.</param>
    /// <param name="dropout">Share of the heads' weights that is set to 0 in training; in [0, 1).</param>
    /// <param name="names">What the maps are called in a state dictionary: four names for queries, keys, values and output; or two, where the first map gives
    /// queries, keys and values behind one another. Left out: query, key, value, output.</param>
    /// <param name="initializer">First values of the weights. Left out: <see cref="Init.KaimingUniform"/>.</param>
    public MultiHeadAttention(int width, int heads, float dropout = 0, IReadOnlyList<string>? names = null, Initializer? initializer = null)
    {
        Width = Check.AtLeast(1, width);
        Heads = Check.AtLeast(1, heads);
        if (width % heads != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(heads), heads, $"heads: expected a divisor of the width {width}, got {heads}.");
        }

        _names = names ?? Plain;
        _maps = _names.Count switch
        {
            2 => [new Linear(width, 3 * width, initializer: initializer), new Linear(width, width, initializer: initializer)],
            4 => [.. _names.Select(_ => new Linear(width, width, initializer: initializer))],
            _ => throw new ArgumentException($"names: expected 2 or 4 names, got {_names.Count}.", nameof(names)),
        };
        _dropout = dropout > 0 ? new Dropout(Check.Fraction(dropout)) : null;
    }

    /// <summary>Size of a step.</summary>
    public int Width { get; }

    /// <summary>Number of heads.</summary>
    public int Heads { get; }

    /// <param name="x">Shape [B, T, E].</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <summary>Attention to the steps that count.</summary>
    /// <param name="x">Shape [B, T, E].</param>
    /// <param name="lengths">Integers [B]: how many steps of each row count. Left out: all.</param>
    /// <returns>The same shape; what stands behind the end of a row means nothing.</returns>
    /// <exception cref="ShapeException">The input has other axes.</exception>
    public Tensor Forward(Tensor x, Tensor? lengths)
    {
        if (x.Rank != 3 || x.Shape[2] != Width)
        {
            throw new ShapeException(ToString(), $"input [B, T, {Width}]", x.Shape.ToString(), "Sequences come batch first, then steps, then features.");
        }

        if (_maps.Length == 4)
        {
            return _maps[3].Forward(Attention.Of(_maps[0].Forward(x), _maps[1].Forward(x), _maps[2].Forward(x), Heads, lengths, _dropout));
        }

        Tensor all = _maps[0].Forward(x);
        return _maps[1].Forward(Attention.Of(all.Slice(2, 0, Width), all.Slice(2, Width, Width), all.Slice(2, 2 * Width, Width), Heads, lengths, _dropout));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"MultiHeadAttention({Width}, {Heads} heads)");

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present([.. _maps.Select((m, i) => (_names[i], (Module?)m)), ("dropout", _dropout)]);
}
