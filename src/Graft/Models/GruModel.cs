using Graft.Nn.Layers;

namespace Graft.Models;

/// <summary>Gated recurrent units over sequences of any length: the model for measurements in time and for sound.</summary>
/// <remarks>Layers are named gru.0, gru.1 ...; the weights in them are named as in PyTorch.</remarks>
/// <param name="hidden">Size of the state of each layer; 1 to 100 layers, each at least 1. Left out: one of 64.</param>
/// <param name="bidirectional">Whether sequences are read backwards as well, by weights of its own; features are then twice as many.</param>
/// <param name="dropout">Share of a layer's outputs, and of the features, that is set to 0 in training; in [0, 1).</param>
/// <param name="pooling">How the states of all steps become features.</param>
[Named("gru")]
[Paper("Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation, EMNLP 2014", "https://arxiv.org/abs/1406.1078")]
public sealed class GruModel(IReadOnlyList<int>? hidden = null, bool bidirectional = false, float dropout = 0, SequencePooling pooling = SequencePooling.Last)
    : RecurrentModel("gru", hidden, bidirectional, dropout, pooling)
{
    private protected override Recurrent MakeLayer(int features, int hidden) => new Gru(features, hidden, bidirectional: Bidirectional);
}
