using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>What a transformer knows of a token at first: its own vector plus that of its place, normalized.</summary>
/// <remarks>V tokens, P places, vectors of E numbers. Where there are vectors of segments, every token counts as one of the first segment.</remarks>
public sealed class TransformerEmbeddings : Module
{
    private readonly Dropout? _dropout;

    internal TransformerEmbeddings(int vocabulary, int positions, int width, bool segments, float dropout, float epsilon, Initializer initializer)
    {
        Words = new Embedding(vocabulary, width, initializer);
        Positions = new Embedding(positions, width, initializer);
        Segments = segments ? new Embedding(2, width, initializer) : null;
        Norm = new LayerNorm(width, epsilon);
        _dropout = dropout > 0 ? new Dropout(dropout) : null;
    }

    /// <summary>Vectors of tokens, [V, E].</summary>
    public Embedding Words { get; }

    /// <summary>Vectors of places, [P, E].</summary>
    public Embedding Positions { get; }

    /// <summary>Vectors of the two segments, [2, E], or null.</summary>
    public Embedding? Segments { get; }

    /// <summary>Normalizes the sum.</summary>
    public LayerNorm Norm { get; }

    /// <param name="x">Numbers of tokens, [B, T], T at most P.</param>
    /// <returns>Shape [B, T, E].</returns>
    /// <exception cref="ShapeException">Texts are longer than there are places.</exception>
    public override Tensor Forward(Tensor x)
    {
        Tensor tokens = WordTable.Numbers(this, x);
        if (tokens.Shape[1] > Positions.Count)
        {
            throw new ShapeException(ToString(), $"at most {Positions.Count} tokens a text", tokens.Shape.ToString(), "Cut longer texts, or take more positions.");
        }

        Tensor places = Positions.Weight.Value.Slice(0, 0, tokens.Shape[1]);
        if (Segments is not null)
        {
            places += Segments.Weight.Value.Slice(0, 0, 1);
        }

        Tensor y = Norm.Forward(Words.Forward(tokens) + places);
        return _dropout?.Forward(y) ?? y;
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"TransformerEmbeddings({Words.Count} x {Words.Width})");

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
        Present(
        [
            ("word_embeddings", Words),
            ("position_embeddings", Positions),
            ("token_type_embeddings", Segments),
            ("LayerNorm", Norm),
            ("dropout", _dropout),
        ]);
}
