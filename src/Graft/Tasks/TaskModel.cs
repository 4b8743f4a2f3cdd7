using System.Globalization;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>A trunk and a head for each task: hard parameter sharing, unless the trunk is an architecture that shares otherwise; with one task a plain model.</summary>
/// <remarks>Paths: "trunk..." and "heads.{name}...". Tasks of one head name share the head.</remarks>
public sealed class TaskModel : Module
{
    private readonly Head[] _headOfTask;
    private readonly TaskLoss[] _lossOfTask;

    /// <param name="trunk">The backbone, or a <see cref="Tasks.Sharing"/> around these tasks; built here where it is not yet.</param>
    /// <param name="input">What one row looks like.</param>
    /// <param name="tasks">At least one; distinct names.</param>
    /// <exception cref="ArgumentException">There is no task, names repeat, tasks that share a head have different outputs, or the architecture is of other tasks.</exception>
    public TaskModel(Backbone trunk, InputShape input, IReadOnlyList<TaskSpec> tasks)
    {
        if (tasks.Count == 0 || tasks.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() != tasks.Count)
        {
            throw new ArgumentException("TaskModel: expected at least one task and distinct names, got " + (tasks.Count == 0 ? "none" : string.Join(", ", tasks.Select(t => t.Name))) + ".", nameof(tasks));
        }

        Sharing = trunk as Sharing;
        if (Sharing is not null && !Sharing.Tasks.Select(t => t.Name).SequenceEqual(tasks.Select(t => t.Name), StringComparer.Ordinal))
        {
            throw new ArgumentException($"TaskModel: expected an architecture of {string.Join(", ", tasks.Select(t => t.Name))}, got one of {string.Join(", ", Sharing.Tasks.Select(t => t.Name))}.", nameof(trunk));
        }

        if (trunk.Features == 0)
        {
            trunk.Build(input);
        }

        Trunk = trunk;
        Tasks = tasks;
        var heads = new Dictionary<string, Head>(StringComparer.Ordinal);
        _headOfTask = new Head[tasks.Count];
        for (int i = 0; i < tasks.Count; i++)
        {
            if (!heads.TryGetValue(tasks[i].HeadName, out Head? head))
            {
                heads[tasks[i].HeadName] = head = new Head(tasks[i], FeaturesOf(i));
            }
            else if (head.Task.Kind != tasks[i].Kind || head.Task.Outputs != tasks[i].Outputs)
            {
                throw new ArgumentException($"TaskModel: expected tasks of head '{tasks[i].HeadName}' to share their labels, got {head.Task} and {tasks[i]}.", nameof(tasks));
            }
            else if (head.Features != FeaturesOf(i))
            {
                throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"TaskModel: expected tasks of head '{tasks[i].HeadName}' to have features of one size, got {head.Features} and {FeaturesOf(i)} ({tasks[i].Name})."), nameof(tasks));
            }

            _headOfTask[i] = head;
        }

        Heads = heads;
        _lossOfTask = [.. tasks.Select(t => new TaskLoss(t))];
    }

    /// <summary>What gives the features: a backbone that all tasks share, or the architecture.</summary>
    public Backbone Trunk { get; }

    /// <summary>The trunk where it is an architecture that shares otherwise than wholly; or null.</summary>
    public Sharing? Sharing { get; }

    /// <summary>The tasks, in order.</summary>
    public IReadOnlyList<TaskSpec> Tasks { get; }

    /// <summary>The heads by name.</summary>
    public IReadOnlyDictionary<string, Head> Heads { get; }

    /// <summary>The head of a task.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    public Head HeadOf(int task) => _headOfTask[task];

    /// <summary>A task's loss with its own class weights, averaged over the rows that have a label; 0 where none has.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    /// <param name="output">What its head gave, [B, outputs].</param>
    /// <param name="target">As <see cref="Data.Batch.Targets"/> describes it.</param>
    /// <returns>A scalar: cross-entropy (multi-class), binary cross-entropy (binary, multi-label), mean squared error (regression).</returns>
    public Tensor Loss(int task, Tensor output, Tensor target) => _lossOfTask[task].Of(output, target);

    /// <summary>The first block of the trunk that what goes in has still to go through: 0 where rows go in, more where they went through those before.</summary>
    public int FirstBlock { get; private set; }

    /// <summary>Says what goes in from now on: what the trunk's blocks before a block gave, in place of rows.</summary>
    /// <param name="block">The block, 0 for rows; less than the number of blocks, and 0 alone where an architecture is the trunk.</param>
    public void BeginAt(int block) => FirstBlock = Check.Within(0, Sharing is null ? Trunk.BlockCount - 1 : 0, block);

    /// <summary>The place of a task in <see cref="Tasks"/>, or -1.</summary>
    public int IndexOf(string task)
    {
        for (int i = 0; i < Tasks.Count; i++)
        {
            if (Tasks[i].Name == task)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>The first task's outputs.</summary>
    /// <param name="x">Inputs, as the trunk wants them.</param>
    /// <returns>Shape [B, outputs of the first task].</returns>
    public override Tensor Forward(Tensor x) => Output(0, Features(x, null, [0]));

    /// <summary>What the heads predict from.</summary>
    /// <param name="x">Inputs, as the trunk wants them.</param>
    /// <param name="lengths">For sequences: integers [B]; otherwise null.</param>
    /// <param name="tasks">The places of the tasks whose features are wanted, ascending; null for all.</param>
    /// <returns>For each task [B, features].</returns>
    public TaskFeatures Features(Tensor x, Tensor? lengths, IReadOnlyList<int>? tasks = null) =>
        Sharing is not null ? Sharing.FeaturesFor(x, lengths, tasks) : FirstBlock > 0 ? Behind(x, lengths) : Trunk.Forward(x, lengths);

    /// <summary>Size of the features that a task predicts from.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    public int FeaturesOf(int task) => Sharing?.FeaturesOf(task) ?? Trunk.Features;

    /// <summary>What a task's head says.</summary>
    /// <param name="task">Its place in <see cref="Tasks"/>.</param>
    /// <param name="features">What <see cref="Features"/> gave for it.</param>
    /// <returns>Logits or quantities, [B, outputs].</returns>
    public Tensor Output(int task, TaskFeatures features) =>
        Sharing is null ? _headOfTask[task].Forward(features[task]) : Sharing.Output(task, features, _headOfTask);

    /// <summary>Tells an architecture that a step of training begins.</summary>
    /// <param name="stepsPerEpoch">Steps in an epoch; at least 1.</param>
    /// <param name="progress">How far the training is: 0 at the start, 1 at the end.</param>
    public void BeginStep(int stepsPerEpoch, double progress) => Sharing?.BeginStep(stepsPerEpoch, progress);

    /// <summary>Whether <see cref="Penalty"/> may give something.</summary>
    public bool HasPenalty => Sharing?.HasPenalty == true;

    /// <summary>What the architecture adds to the losses of a step, or null.</summary>
    /// <returns>A scalar; gradients flow through it.</returns>
    public Tensor? Penalty() => Sharing?.Penalty();

    /// <summary>What there is to look at in the architecture, by name; empty where there is nothing.</summary>
    public IReadOnlyDictionary<string, double> Gauges() => Sharing?.Gauges() ?? new Dictionary<string, double>();

    private Tensor Behind(Tensor x, Tensor? lengths)
    {
        for (int block = FirstBlock; block < Trunk.BlockCount; block++)
        {
            x = Trunk.Block(block, x, FrozenFront.LengthsFor(Trunk, block, lengths));
        }

        return x;
    }

    /// <inheritdoc/>
    protected override IEnumerable<(string Name, Module Child)> Children()
    {
        yield return ("trunk", Trunk);
        foreach ((string name, Head head) in Heads)
        {
            yield return ("heads." + name, head);
        }
    }
}
