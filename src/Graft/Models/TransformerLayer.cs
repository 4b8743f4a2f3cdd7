using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>One layer of a transformer: attention, then two maps of each step, each added to what came in and normalized.</summary>
/// <remarks>h = norm(x + attention(x)), y = norm(h + W₂ gelu(W₁ h + b₁) + b₂), with the exact GELU. B rows of T steps with E numbers each.</remarks>
public sealed class TransformerLayer : Module
{
    private readonly TransformerNames _names;
    private readonly MultiHeadAttention _attention;
    private readonly LayerNorm _attentionNorm, _norm;
    private readonly Linear _inner, _outer;
    private readonly Dropout? _attentionDropout, _dropout;

    internal TransformerLayer(TransformerNames names, int width, int heads, int inner, float dropout, float epsilon, Initializer initializer)
    {
        _names = names;
        _attention = new MultiHeadAttention(width, heads, dropout, names.Maps, initializer);
        _attentionNorm = new LayerNorm(width, epsilon);
        _inner = new Linear(width, inner, initializer: initializer);
        _outer = new Linear(inner, width, initializer: initializer);
        _norm = new LayerNorm(width, epsilon);
        if (dropout > 0)
        {
            _attentionDropout = new Dropout(dropout);
            _dropout = new Dropout(dropout);
        }
    }

    /// <param name="x">Shape [B, T, E].</param>
    /// <returns>The same shape.</returns>
    public override Tensor Forward(Tensor x) => Forward(x, null);

    /// <summary>The layer for texts of different lengths.</summary>
    /// <param name="x">Shape [B, T, E].</param>
    /// <param name="lengths">Integers [B]: how many steps of each row count. Left out: all.</param>
    /// <returns>The same shape; what stands behind the end of a row means nothing.</returns>
    public Tensor Forward(Tensor x, Tensor? lengths)
    {
        Tensor attended = _attention.Forward(x, lengths);
        x = _attentionNorm.Forward(x, _attentionDropout?.Forward(attended) ?? attended);
        Tensor mapped = _outer.Forward(_inner.ForwardGelu(x));
        return _norm.Forward(x, _dropout?.Forward(mapped) ?? mapped);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"TransformerLayer({_attention.Width}, {_attention.Heads} heads, {_inner.OutFeatures})");

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present(
        [
            ("attention", _attention),
            (_names.AttentionNorm, _attentionNorm),
            (_names.Inner, _inner),
            (_names.Outer, _outer),
            (_names.Norm, _norm),
            ("attention_dropout", _attentionDropout),
            ("dropout", _dropout),
        ]);
}
