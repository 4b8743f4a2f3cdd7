namespace Graft.Models;

/// <summary>MiniLM: a narrow transformer distilled from BERT, of the size and with the names of the published sentence encoder all-MiniLM-L6-v2.</summary>
/// <remarks>Names of weights are those of BERT; depth 12 gives the published L12 models. The mean over tokens is what sentence encoders take; it is not scaled to length 1.</remarks>
/// <param name="width">Numbers that a token has; at least 1.</param>
/// <param name="depth">Number of layers; from 1 to 200.</param>
/// <param name="heads">Heads of the attention; a divisor of the width.</param>
/// <param name="inner">Width between the two maps of a layer; 0: four times the width.</param>
/// <param name="positions">Most tokens of a text; 0: those of the longest that the inputs give.</param>
/// <param name="pooling">How what it says of every token becomes the features of a text.</param>
/// <param name="dropout">Share of embeddings, attention weights and outputs of each layer that is set to 0 in training; in [0, 1).</param>
[Named("minilm")]
[Paper("Wang et al., MiniLM: Deep Self-Attention Distillation for Task-Agnostic Compression of Pre-Trained Transformers, NeurIPS 2020", "https://arxiv.org/abs/2002.10957")]
public sealed class MiniLmModel(
    int width = 384, int depth = 6, int heads = 12, int inner = 1536, int positions = 512, TokenPooling pooling = TokenPooling.Mean, float dropout = 0.1f)
    : TransformerModel(TransformerNames.Bert, segments: true, width, depth, heads, inner, positions, pooling, dropout);
