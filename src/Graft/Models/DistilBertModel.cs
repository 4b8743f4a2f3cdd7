namespace Graft.Models;

/// <summary>DistilBERT: half the layers of BERT, without segments, of the size and with the names of the published base model.</summary>
/// <remarks>Names of weights are those of Hugging Face: embeddings.word_embeddings.weight, transformer.layer.0.attention.q_lin.weight ...</remarks>
/// <param name="width">Numbers that a token has; at least 1.</param>
/// <param name="depth">Number of layers; from 1 to 200.</param>
/// <param name="heads">Heads of the attention; a divisor of the width.</param>
/// <param name="inner">Width between the two maps of a layer; 0: four times the width.</param>
/// <param name="positions">Most tokens of a text; 0: those of the longest that the inputs give.</param>
/// <param name="pooling">How what it says of every token becomes the features of a text.</param>
/// <param name="dropout">Share of embeddings, attention weights and outputs of each layer that is set to 0 in training; in [0, 1).</param>
[Named("distilbert")]
[Paper("Sanh et al., DistilBERT, a distilled version of BERT: smaller, faster, cheaper and lighter, NeurIPS EMC2 workshop 2019", "https://arxiv.org/abs/1910.01108")]
public sealed class DistilBertModel(
    int width = 768, int depth = 6, int heads = 12, int inner = 3072, int positions = 512, TokenPooling pooling = TokenPooling.Cls, float dropout = 0.1f)
    : TransformerModel(TransformerNames.DistilBert, segments: false, width, depth, heads, inner, positions, pooling, dropout);
