using System.Globalization;
using Graft.Data.Encoders;
using Graft.Nn;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>Experts that all tasks share, and for each task a gate that learns to choose at most k of them, by binary codes that gradients can move.</summary>
/// <remarks>
/// <para>f_t = Σ_e w_e E_e with w = Σ_i α_i r(z_i), i from 1 to k, α = softmax of k logits, and a selector r(z)_e = Π_j S(z_j) or 1 − S(z_j) by the j-th bit of
/// e; S is the smooth step, which is exactly 0 and 1 beyond ±γ/2, so that a settled gate chooses k experts and no more. Codes
/// and logits are of the task, or affine in the row.</para>
/// <para>Added to the losses: λ times the entropy of the selectors, and where E is no power of two Σ_i 1 / Σ_e r(z_i)_e − 1, which keeps codes away from
/// experts that do not exist; their weights sum to 1 when that is 0.</para>
/// <para>Parameters: E trunks; with m = ceil(log2 E) for each task k (m + 1), or k (m + 1) (F + 1) where gates see the F numbers of a row. Cost: E passes of
/// the trunk. State: what the gates did last, for their gauges.</para>
/// <para>Differs from the authors' code in that penalties of gates that see rows are means over the rows, and that the constant 1 is taken off.</para>
/// </remarks>
[Named("dselect-k")]
[Paper("Hazimeh et al., DSelect-k: Differentiable Selection in the Mixture of Experts with Applications to Multi-Task Learning, NeurIPS 2021", "https://arxiv.org/abs/2106.03760")]
public sealed class DSelectK : ExpertMixture
{
    private SelectorGate[] _gates = [];
    private StepSum _penalty;

    /// <param name="experts">Number of experts, E; at least 2.</param>
    /// <param name="k">How many experts a task chooses at most; from 1 to the number of experts.</param>
    /// <param name="gamma">Width of the smooth step, γ; greater than 0. Paper: 1.</param>
    /// <param name="entropy">Strength of the entropy, λ; at least 0. Authors' code: 1e-6.</param>
    /// <param name="perExample">Whether the choice depends on the row, rather than on the task alone.</param>
    /// <param name="gateInput">What gates that depend on the row see of pictures.</param>
    public DSelectK(int experts = 8, int k = 2, float gamma = 1, float entropy = 1e-6f, bool perExample = false, GateInput gateInput = GateInput.Flatten)
        : base(Check.AtLeast(2, experts), gateInput)
    {
        K = Check.Within(1, experts, k);
        Gamma = Check.Positive(gamma);
        Entropy = Check.NonNegative(entropy);
        PerExample = perExample;
    }

    /// <summary>How many experts a task chooses at most.</summary>
    public int K { get; }

    /// <summary>Width of the smooth step.</summary>
    public float Gamma { get; }

    /// <summary>Strength of the entropy.</summary>
    public float Entropy { get; }

    /// <summary>Whether the choice depends on the row.</summary>
    public bool PerExample { get; }

    /// <inheritdoc/>
    public override bool HasPenalty => Entropy > 0 || (Experts & (Experts - 1)) != 0;

    /// <inheritdoc/>
    public override Tensor? Penalty() => _penalty.Value;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"DSelectK(experts: {Experts}, k: {K}{(PerExample ? ", by row" : "")})");

    /// <inheritdoc/>
    private protected override IEnumerable<string> MakeGates(InputShape input)
    {
        _gates = [.. Tasks.Select(_ => new SelectorGate(Experts, K, Gamma, PerExample ? GateInput.Width(input) : 0))];
        return Tasks.Select(t => "gate." + t.Name);
    }

    /// <inheritdoc/>
    private protected override IEnumerable<(string Name, Module Child)> Gates() => _gates.Select((g, t) => ("gates." + Tasks[t].Name, (Module)g));

    /// <inheritdoc/>
    protected override TaskFeatures Compute(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks)
    {
        Tensor[] outputs = RunExperts(x, lengths);
        var features = new Tensor[Tasks.Count];
        Tensor seen = PerExample ? GateInput.Rows(x, lengths, Input) : x;
        for (int i = 0; i < tasks.Count; i++)
        {
            int task = tasks[i];
            Tensor selectors = _gates[task].Selectors(seen);
            features[task] = Mixed(task, outputs, _gates[task].Weights(seen, selectors));
            if (IsLearning && HasPenalty)
            {
                _penalty.Add(SelectorGate.Penalty(selectors, Entropy));
            }
        }

        return new TaskFeatures(features);
    }

    /// <inheritdoc/>
    protected override void OnStep() => _penalty.Clear();
}
