using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Models;

/// <summary>Gated recurrent units over the words of a text, each of which has a learned vector.</summary>
/// <remarks>Layers are named words, gru.0, gru.1 ... and attention; the weights in them are named as in PyTorch. What stands behind the end of a text counts
/// nothing. Dropout acts on word vectors as well.</remarks>
[Named("text-gru")]
[Paper("Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation, EMNLP 2014", "https://arxiv.org/abs/1406.1078")]
public sealed class TextGruModel : RecurrentModel
{
    /// <param name="width">Length of a word vector; at least 1.</param>
    /// <param name="hidden">Size of the state of each layer; 1 to 100 layers, each at least 1. Left out: one of 64.</param>
    /// <param name="bidirectional">Whether texts are read backwards as well, by weights of its own; features are then twice as many.</param>
    /// <param name="dropout">Share of word vectors, of a layer's outputs and of the features that is set to 0 in training; in [0, 1).</param>
    /// <param name="pooling">How the states of all steps become features.</param>
    public TextGruModel(int width = 100, IReadOnlyList<int>? hidden = null, bool bidirectional = true, float dropout = 0, SequencePooling pooling = SequencePooling.Max)
        : base("gru", hidden, bidirectional, dropout, pooling, Check.AtLeast(1, width)) => Width = width;

    /// <summary>Length of a word vector.</summary>
    public int Width { get; }

    private protected override Recurrent MakeLayer(int features, int hidden) => new Gru(features, hidden, bidirectional: Bidirectional);
}
