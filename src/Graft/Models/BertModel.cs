namespace Graft.Models;

/// <summary>BERT: a transformer for texts, of the size and with the names of the published base model.</summary>
/// <remarks>Without other keys it is bert-base; bert-large has the width 1024, 24 layers, 16 heads and the inner width 4096. Names of
/// weights are those of Hugging Face: embeddings.word_embeddings.weight, encoder.layer.0.attention.self.query.weight ... Texts are single segments.</remarks>
/// <param name="width">Numbers that a token has; at least 1.</param>
/// <param name="depth">Number of layers; from 1 to 200.</param>
/// <param name="heads">Heads of the attention; a divisor of the width.</param>
/// <param name="inner">Width between the two maps of a layer; 0: four times the width.</param>
/// <param name="positions">Most tokens of a text; 0: those of the longest that the inputs give.</param>
/// <param name="pooling">How what it says of every token becomes the features of a text.</param>
/// <param name="dropout">Share of embeddings, attention weights and outputs of each layer that is set to 0 in training; in [0, 1).</param>
[Named("bert")]
[Paper("Devlin et al., BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding, NAACL 2019", "https://arxiv.org/abs/1810.04805")]
public sealed class BertModel(
    int width = 768, int depth = 12, int heads = 12, int inner = 3072, int positions = 512, TokenPooling pooling = TokenPooling.Pooler, float dropout = 0.1f)
    : TransformerModel(TransformerNames.Bert, segments: true, width, depth, heads, inner, positions, pooling, dropout);
