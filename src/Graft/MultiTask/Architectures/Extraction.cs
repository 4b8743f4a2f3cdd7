using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Tasks;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>Levels of experts, some of each task and some shared: a task's gate sees its own and the shared ones, the shared gate of an inner level all.</summary>
internal sealed class Extraction
{
    private readonly IReadOnlyList<TaskSpec> _tasks;
    private readonly int[] _all;
    private readonly int _levels;
    private readonly GateInput _gateInput;
    private readonly InputShape _input;
    private readonly LeveledTrunk[][] _own;
    private readonly LeveledTrunk[] _shared;
    private readonly Gate[][] _gates;
    private readonly Gate[] _sharedGates;

    public Extraction(IReadOnlyList<TaskSpec> tasks, InputShape input, Func<Backbone> newTrunk, int levels, int specific, int shared, GateInput gateInput)
    {
        (_tasks, _levels, _gateInput, _input) = (tasks, levels, gateInput, input);
        _all = [.. Enumerable.Range(0, tasks.Count)];
        LeveledTrunk[] Experts(int count) => [.. Enumerable.Range(0, count).Select(_ => new LeveledTrunk(newTrunk(), levels))];
        _own = [.. tasks.Select(_ => Experts(specific))];
        _shared = Experts(shared);
        int Width(int level) => gateInput.Width(ShapeOf(level));
        int every = (tasks.Count * specific) + shared;
        _gates = [.. Enumerable.Range(0, levels).Select(l => (Gate[])[.. tasks.Select(_ => new Gate(Width(l), specific + shared))])];
        _sharedGates = [.. Enumerable.Range(0, levels - 1).Select(l => new Gate(Width(l), every))];

        string At(int level) => levels == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $".{level}");
        IEnumerable<string> seen = [.. ExpertNames.Of(specific, "own."), .. ExpertNames.Of(shared, "shared.")];
        IEnumerable<string> named = [.. tasks.SelectMany(t => ExpertNames.Of(specific, t.Name + ".")), .. ExpertNames.Of(shared, "shared.")];
        Gauges = new GateGauges(
        [
            .. Enumerable.Range(0, levels).SelectMany(l => tasks.Select(t => ($"gate{At(l)}.{t.Name}", seen))),
            .. Enumerable.Range(0, levels - 1).Select(l => ($"shared-gate{At(l)}", named)),
        ]);
    }

    /// <summary>Size of a task's features.</summary>
    public int Features => _shared[0].Output(_levels - 1).Sizes[0];

    /// <summary>What gates did: those of tasks level by level, then the shared ones.</summary>
    public GateGauges Gauges { get; }

    /// <summary>Its parts with their names.</summary>
    public IEnumerable<(string Name, Module Child)> Parts() =>
    [
        .. _own.SelectMany((experts, t) => ExpertNames.Parts(experts, $"experts.{_tasks[t].Name}.")),
        .. ExpertNames.Parts(_shared, "shared_experts."),
        .. _gates.SelectMany((gates, l) => gates.Select((g, t) => (string.Create(CultureInfo.InvariantCulture, $"gates.{l}.{_tasks[t].Name}"), (Module)g))),
        .. ExpertNames.Parts(_sharedGates, "shared_gates."),
    ];

    /// <summary>Passes all levels.</summary>
    /// <returns>At the place of each wanted task its features.</returns>
    public Tensor[] Run(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks, bool learning)
    {
        // Of this call: several threads may use a network.
        int specific = _own[0].Length;
        Tensor[] own = new Tensor[_tasks.Count], outputs = new Tensor[(own.Length * specific) + _shared.Length], chosen = new Tensor[specific + _shared.Length];
        own.AsSpan().Fill(x);
        Tensor shared = x, seen = _gateInput.Rows(x, lengths, _input);
        for (int level = 0; level < _levels; level++)
        {
            bool isInner = level < _levels - 1;
            IReadOnlyList<int> wanted = isInner ? _all : tasks;
            Experts(level, own, shared, lengths, wanted, outputs);

            // The first level sees the input, later ones what the level before mixed for them.
            if (isInner)
            {
                Tensor all = _sharedGates[level].Forward(level == 0 ? seen : _gateInput.Rows(shared, lengths, ShapeOf(level)));
                Record(learning, (_levels * _tasks.Count) + level, all);
                shared = Tensor.Mix(outputs, all);
            }

            for (int i = 0; i < wanted.Count; i++)
            {
                int task = wanted[i];
                Tensor gate = _gates[level][task].Forward(level == 0 ? seen : _gateInput.Rows(own[task], lengths, ShapeOf(level)));
                Record(learning, (level * _tasks.Count) + task, gate);

                // A gate chooses from its task's own experts, then from the shared ones.
                outputs.AsSpan(task * specific, specific).CopyTo(chosen);
                outputs.AsSpan(own.Length * specific).CopyTo(chosen.AsSpan(specific));
                own[task] = Tensor.Mix(chosen, gate);
            }
        }

        for (int t = 0; t < own.Length; t++)
        {
            own[t] = tasks.Contains(t) ? own[t] : default;
        }

        return own;
    }

    private InputShape ShapeOf(int level) => level == 0 ? _input : _shared[0].Output(level - 1);

    // Those of each wanted task at its place, then the shared ones.
    private void Experts(int level, Tensor[] own, Tensor shared, Tensor? lengths, IReadOnlyList<int> wanted, Tensor[] outputs)
    {
        int specific = _own[0].Length;
        for (int i = 0; i < wanted.Count; i++)
        {
            int task = wanted[i];
            for (int e = 0; e < specific; e++)
            {
                outputs[(task * specific) + e] = _own[task][e].Run(level, own[task], lengths);
            }
        }

        for (int i = 0; i < _shared.Length; i++)
        {
            outputs[(_tasks.Count * specific) + i] = _shared[i].Run(level, shared, lengths);
        }
    }

    private void Record(bool learning, int gate, Tensor weights)
    {
        if (learning)
        {
            Gauges.Record(gate, weights);
        }
    }
}
