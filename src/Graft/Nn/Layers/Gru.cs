using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Gated recurrent units: one gate mixes old state and new, another decides how much of the old one the new one sees.</summary>
/// <param name="inFeatures">Size of a step of the input; at least 1.</param>
/// <param name="hidden">Size of the state, H; at least 1.</param>
/// <param name="layers">Layers that stand on each other; at least 1.</param>
/// <param name="bidirectional">Whether the sequence is read backwards as well, by weights of its own.</param>
[Paper("Cho et al., Learning Phrase Representations using RNN Encoder-Decoder for Statistical Machine Translation, EMNLP 2014", "https://arxiv.org/abs/1406.1078")]
public sealed class Gru(int inFeatures, int hidden, int layers = 1, bool bidirectional = false)
    : Recurrent(inFeatures, hidden, layers, bidirectional, gates: 3)
{
    private protected override RecurrentResult Read(
        Tensor x, Tensor inputWeight, Tensor hiddenWeight, Tensor inputBias, Tensor hiddenBias, Tensor? lengths, bool reverse) =>
        x.Gru(inputWeight, hiddenWeight, inputBias, hiddenBias, lengths, reverse: reverse);
}
