using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Long short-term memory: gates decide what a cell keeps, takes in and shows at each step of a sequence.</summary>
/// <param name="inFeatures">Size of a step of the input; at least 1.</param>
/// <param name="hidden">Size of the state, H; at least 1.</param>
/// <param name="layers">Layers that stand on each other; at least 1.</param>
/// <param name="bidirectional">Whether the sequence is read backwards as well, by weights of its own.</param>
[Paper("Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 1997", "https://doi.org/10.1162/neco.1997.9.8.1735")]
public sealed class Lstm(int inFeatures, int hidden, int layers = 1, bool bidirectional = false)
    : Recurrent(inFeatures, hidden, layers, bidirectional, gates: 4)
{
    private protected override RecurrentResult Read(
        Tensor x, Tensor inputWeight, Tensor hiddenWeight, Tensor inputBias, Tensor hiddenBias, Tensor? lengths, bool reverse) =>
        x.Lstm(inputWeight, hiddenWeight, inputBias, hiddenBias, lengths, reverse: reverse);
}
