using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>Experts mixed row by row by one gate, the same mixture for all tasks.</summary>
/// <remarks>
/// <para>f(x) = Σ_e softmax(W x)_e E_e(x) for every task. The name is that of Ma et al., KDD 2018, who compare it with MMoE. Every expert is a copy of the
/// model's trunk.</para>
/// <para>Parameters: E trunks and E F for the gate, with F numbers of input. Cost: E passes of the trunk. State: what the gate did last, for its
/// gauges.</para>
/// <para>With one expert it is hard sharing.</para>
/// </remarks>
[Named("omoe")]
[Paper("Jacobs et al., Adaptive Mixtures of Local Experts, Neural Computation 1991", "https://doi.org/10.1162/neco.1991.3.1.79")]
public sealed class OMoE : ExpertMixture
{
    private Gate? _gate;

    /// <param name="experts">Number of experts, E; at least 1.</param>
    /// <param name="gateInput">What the gate sees of pictures.</param>
    public OMoE(int experts = 8, GateInput gateInput = GateInput.Flatten)
        : base(Check.AtLeast(1, experts), gateInput)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"OMoE(experts: {Experts})");

    /// <inheritdoc/>
    private protected override IEnumerable<string> MakeGates(InputShape input)
    {
        _gate = new Gate(GateInput.Width(input), Experts);
        return ["gate"];
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Name, Module Child)> Gates() => _gate is null ? [] : [("gate", _gate)];

    /// <inheritdoc/>
    protected override TaskFeatures Compute(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks)
    {
        Tensor[] outputs = RunExperts(x, lengths);
        return Mixed(0, outputs, _gate!.Forward(GateInput.Rows(x, lengths, Input)));
    }
}
