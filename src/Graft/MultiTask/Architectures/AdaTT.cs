using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>Levels of experts of each task; a task's gate fuses the experts of all tasks, and its own experts are added once more.</summary>
/// <remarks>
/// <para>This is AdaTT-sp. At every level f_t = Σ_e softmax(W_t x_t + b_t)_e E_e + Σ_i v_ti E_ti: the first sum runs over the experts of all tasks, the second
/// over the m native ones of task t, with learned v, or 1 where there is one. x_t and the input of task t's experts are f_t of the level before.</para>
/// <para>An expert is a copy of the model's trunk whose blocks are dealt out to the L levels in order; where a trunk has fewer blocks, further levels are
/// layers as wide as its features, with ReLU.</para>
/// <para>Parameters: T m trunks (and layers of N² + N), for each level, whose gates see F numbers, T (F + 1) T m, and T m for v where m is above 1. Cost:
/// T m passes of the trunk. State: what the gates did last, for their gauges.</para>
/// <para>Gates have a bias, and v begins uniform in ±sqrt(1 / m), as in the authors' code.</para>
/// </remarks>
[Named("adatt")]
[Paper("Li et al., AdaTT: Adaptive Task-to-Task Fusion Network for Multitask Learning in Recommendations, KDD 2023", "https://arxiv.org/abs/2304.04959")]
public sealed class AdaTT : Sharing
{
    private int[] _all = [];
    private LeveledTrunk[][] _experts = [];
    private Gate[][] _gates = [];
    private Tensor[] _unit = [];
    private GateGauges? _gauges;

    /// <param name="levels">Number of levels, L; at least 1.</param>
    /// <param name="experts">Experts of each task at each level, m; at least 1. Authors' code: 1.</param>
    /// <param name="gateInput">What gates see of pictures.</param>
    public AdaTT(int levels = 2, int experts = 1, GateInput gateInput = GateInput.Flatten)
    {
        Levels = Check.AtLeast(1, levels);
        Experts = Check.AtLeast(1, experts);
        GateInput = gateInput;
    }

    /// <summary>Number of levels.</summary>
    public int Levels { get; }

    /// <summary>Experts of each task at each level.</summary>
    public int Experts { get; }

    /// <summary>What gates see of pictures.</summary>
    public GateInput GateInput { get; }

    /// <summary>v, one behind the other for levels and tasks, each [m]; none where a task has one expert.</summary>
    public IReadOnlyList<Parameter> Native { get; private set; } = [];

    /// <inheritdoc/>
    public override int FeaturesOf(int task) => _experts[0][0].Output(Levels - 1).Sizes[0];

    /// <inheritdoc/>
    public override IReadOnlyDictionary<string, double> Gauges() => _gauges?.Read() ?? [];

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"AdaTT(levels: {Levels}, experts: {Experts})");

    /// <inheritdoc/>
    protected override void MakeParts(InputShape input)
    {
        int count = Tasks.Count, every = count * Experts;
        _all = [.. Enumerable.Range(0, count)];
        _experts = [.. Tasks.Select(_ => (LeveledTrunk[])[.. Enumerable.Range(0, Experts).Select(_ => new LeveledTrunk(NewTrunk(input), Levels))])];
        int[] widths = [.. Enumerable.Range(0, Levels).Select(l => GateInput.Width(l == 0 ? input : _experts[0][0].Output(l - 1)))];
        _gates = [.. widths.Select(w => (Gate[])[.. Tasks.Select(_ => new Gate(w, every, bias: true))])];
        float bound = MathF.Sqrt(1f / Experts);
        Native = Experts == 1 ? [] : [.. Enumerable.Range(0, Levels * count).Select(_ => new Parameter([Experts], Init.Uniform(-bound, bound)))];
        _unit = Experts > 1 ? [] : [.. _all.Select(t => Tensor.From([.. _all.Select(e => e == t ? 1f : 0)], [1, count]))];
        IEnumerable<string> names = [.. Tasks.SelectMany(t => ExpertNames.Of(Experts, t.Name + "."))];
        _gauges = new GateGauges(widths.SelectMany((_, l) => Tasks.Select(t => (string.Create(CultureInfo.InvariantCulture, $"gate.{l}.{t.Name}"), names))));
    }

    /// <inheritdoc/>
    protected override TaskFeatures Compute(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks)
    {
        Tensor[] own = new Tensor[Tasks.Count], outputs = new Tensor[Tasks.Count * Experts];
        own.AsSpan().Fill(x);
        Tensor seen = GateInput.Rows(x, lengths, Input);
        for (int level = 0; level < Levels; level++)
        {
            for (int e = 0; e < outputs.Length; e++)
            {
                int task = e / Experts;
                outputs[e] = _experts[task][e % Experts].Run(level, own[task], lengths);
            }

            IReadOnlyList<int> wanted = level < Levels - 1 ? _all : tasks;
            for (int i = 0; i < wanted.Count; i++)
            {
                int task = wanted[i];
                Tensor gate = _gates[level][task].Forward(level == 0 ? seen : GateInput.Rows(own[task], lengths, _experts[0][0].Output(level - 1)));
                if (IsLearning)
                {
                    _gauges!.Record((level * own.Length) + task, gate);
                }

                own[task] = Tensor.Mix(outputs, gate + NativeOf(level, task));
            }
        }

        for (int t = 0; t < own.Length; t++)
        {
            own[t] = tasks.Contains(t) ? own[t] : default;
        }

        return new TaskFeatures(own);
    }

    /// <inheritdoc/>
    protected override void ResetState() => _gauges?.Reset();

    /// <inheritdoc/>
    protected override void SaveState(State state) => _gauges!.Save(state);

    /// <inheritdoc/>
    protected override void LoadState(State state) => _gauges!.Load(state);

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children() =>
    [
        .. _experts.SelectMany((experts, t) => ExpertNames.Parts(experts, $"experts.{Tasks[t].Name}.")),
        .. _gates.SelectMany((gates, l) => gates.Select((g, t) => (string.Create(CultureInfo.InvariantCulture, $"gates.{l}.{Tasks[t].Name}"), (Module)g))),
    ];

    // v among the weights of all experts, [1, T m]: 0 for those of other tasks.
    private Tensor NativeOf(int level, int task)
    {
        if (Experts == 1)
        {
            return _unit[task];
        }

        Tensor own = Native[(level * Tasks.Count) + task].Value.Unsqueeze(0);
        Tensor before = Tensor.Zeros([1, task * Experts]), behind = Tensor.Zeros([1, (Tasks.Count - 1 - task) * Experts]);
        return Tensor.Concat([before, own, behind], 1);
    }
}
