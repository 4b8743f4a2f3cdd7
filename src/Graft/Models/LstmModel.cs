using Graft.Nn.Layers;

namespace Graft.Models;

/// <summary>Long short-term memory over sequences of any length: the model for measurements in time and for sound.</summary>
/// <remarks>Layers are named lstm.0, lstm.1 ...; the weights in them are named as in PyTorch.</remarks>
/// <param name="hidden">Size of the state of each layer; 1 to 100 layers, each at least 1. Left out: one of 64.</param>
/// <param name="bidirectional">Whether sequences are read backwards as well, by weights of its own; features are then twice as many.</param>
/// <param name="dropout">Share of a layer's outputs, and of the features, that is set to 0 in training; in [0, 1).</param>
/// <param name="pooling">How the states of all steps become features.</param>
[Named("lstm")]
[Paper("Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 1997", "https://doi.org/10.1162/neco.1997.9.8.1735")]
public sealed class LstmModel(IReadOnlyList<int>? hidden = null, bool bidirectional = false, float dropout = 0, SequencePooling pooling = SequencePooling.Last)
    : RecurrentModel("lstm", hidden, bidirectional, dropout, pooling)
{
    private protected override Recurrent MakeLayer(int features, int hidden) => new Lstm(features, hidden, bidirectional: Bidirectional);
}
