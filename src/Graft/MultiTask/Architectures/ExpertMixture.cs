using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>Experts that all tasks share, mixed by gates: every expert is a copy of the model's trunk, a subclass says which gates there are and what they see.</summary>
/// <remarks>State: what the gates did last, for their gauges.</remarks>
public abstract class ExpertMixture : Sharing
{
    private Backbone[] _experts = [];
    private GateGauges? _gauges;

    private protected ExpertMixture(int experts, GateInput gateInput) => (Experts, GateInput) = (experts, gateInput);

    /// <summary>Number of experts.</summary>
    public int Experts { get; }

    /// <summary>What gates see of pictures.</summary>
    public GateInput GateInput { get; }

    /// <inheritdoc/>
    public override int FeaturesOf(int task) => _experts[0].Features;

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Gauges() => _gauges?.Read() ?? [];

    /// <summary>Makes the gates.</summary>
    /// <param name="input">What they see.</param>
    /// <returns>The names of their gauges, in the order of the gates.</returns>
    private protected abstract IEnumerable<string> MakeGates(InputShape input);

    /// <summary>The gates with their paths.</summary>
    private protected abstract IEnumerable<(string Name, Module Child)> Gates();

    /// <inheritdoc/>
    protected sealed override void MakeParts(InputShape input)
    {
        _experts = [.. Enumerable.Range(0, Experts).Select(_ => NewTrunk(input))];
        _gauges = new GateGauges(MakeGates(input).Select(g => (g, ExpertNames.Of(Experts))));
    }

    /// <summary>Lets every expert see a batch.</summary>
    /// <returns>What each says.</returns>
    private protected Tensor[] RunExperts(Tensor x, Tensor? lengths)
    {
        var outputs = new Tensor[_experts.Length];      // of this call: several threads may use a network
        for (int e = 0; e < outputs.Length; e++)
        {
            outputs[e] = _experts[e].Forward(x, lengths);
        }

        return outputs;
    }

    /// <summary>What the experts said, mixed.</summary>
    /// <param name="gate">The place of the gate.</param>
    /// <param name="outputs">Of <see cref="RunExperts"/>.</param>
    /// <param name="weights">What it says, [B, experts] or [1, experts].</param>
    /// <returns>Shape [B, features].</returns>
    private protected Tensor Mixed(int gate, Tensor[] outputs, Tensor weights)
    {
        Tensor mixed = Tensor.Mix(outputs, weights);
        if (IsLearning)
        {
            _gauges!.Record(gate, weights);
        }

        return mixed;
    }

    /// <inheritdoc/>
    protected sealed override void ResetState() => _gauges?.Reset();

    /// <inheritdoc/>
    protected sealed override void SaveState(State state) => _gauges!.Save(state);

    /// <inheritdoc/>
    protected sealed override void LoadState(State state) => _gauges!.Load(state);

    /// <inheritdoc/>
    protected sealed override IEnumerable<(string Name, Module Child)> Children() => [.. ExpertNames.Parts(_experts), .. Gates()];
}
