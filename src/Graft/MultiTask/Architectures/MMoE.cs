using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>Experts that all tasks share, and for each task a gate that mixes them row by row.</summary>
/// <remarks>
/// <para>f_t(x) = Σ_e softmax(W_t x)_e E_e(x); heads predict from f_t. Every expert is a copy of the model's trunk.</para>
/// <para>Parameters: E trunks and T E F for the gates, with F numbers of input. Cost: E passes of the trunk. State: what the gates did last, for its
/// gauges.</para>
/// <para>With one expert it is hard sharing. Any trunk may be an expert, where the paper has layers; of sequences a gate sees the mean over the steps.</para>
/// </remarks>
[Named("mmoe")]
[Paper("Ma et al., Modeling Task Relationships in Multi-task Learning with Multi-gate Mixture-of-Experts, KDD 2018", "https://doi.org/10.1145/3219819.3220007")]
public sealed class MMoE : ExpertMixture
{
    private Gate[] _gates = [];

    /// <param name="experts">Number of experts, E; at least 1. Paper: 8.</param>
    /// <param name="gateInput">What gates see of pictures.</param>
    public MMoE(int experts = 8, GateInput gateInput = GateInput.Flatten)
        : base(Check.AtLeast(1, experts), gateInput)
    {
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"MMoE(experts: {Experts})");

    /// <inheritdoc/>
    private protected override IEnumerable<string> MakeGates(InputShape input)
    {
        _gates = [.. Tasks.Select(_ => new Gate(GateInput.Width(input), Experts))];
        return Tasks.Select(t => "gate." + t.Name);
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Name, Module Child)> Gates() => _gates.Select((g, t) => ("gates." + Tasks[t].Name, (Module)g));

    /// <inheritdoc/>
    protected override TaskFeatures Compute(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks)
    {
        Tensor seen = GateInput.Rows(x, lengths, Input);
        Tensor[] outputs = RunExperts(x, lengths);
        var features = new Tensor[Tasks.Count];
        for (int i = 0; i < tasks.Count; i++)
        {
            int task = tasks[i];
            features[task] = Mixed(task, outputs, _gates[task].Forward(seen));
        }

        return new TaskFeatures(features);
    }
}
