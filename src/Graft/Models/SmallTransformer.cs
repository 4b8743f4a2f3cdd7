namespace Graft.Models;

/// <summary>A small transformer for texts, to be trained from nothing.</summary>
/// <remarks>The encoder of the paper with learned places and the exact GELU; names of weights are those of BERT, without segments.</remarks>
/// <param name="width">Numbers that a token has; at least 1.</param>
/// <param name="depth">Number of layers; from 1 to 200.</param>
/// <param name="heads">Heads of the attention; a divisor of the width.</param>
/// <param name="inner">Width between the two maps of a layer; 0: four times the width.</param>
/// <param name="positions">Most tokens of a text; 0: those of the longest that the inputs give.</param>
/// <param name="pooling">How what it says of every token becomes the features of a text.</param>
/// <param name="dropout">Share of embeddings, attention weights and outputs of each layer that is set to 0 in training; in [0, 1).</param>
[Named("transformer")]
[Paper("Vaswani et al., Attention Is All You Need, NeurIPS 2017", "https://arxiv.org/abs/1706.03762")]
public sealed class SmallTransformer(
    int width = 128, int depth = 2, int heads = 4, int inner = 0, int positions = 0, TokenPooling pooling = TokenPooling.Mean, float dropout = 0.1f)
    : TransformerModel(TransformerNames.Bert, segments: false, width, depth, heads, inner, positions, pooling, dropout);
