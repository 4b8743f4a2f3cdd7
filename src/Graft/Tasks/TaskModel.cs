using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>One trunk and a head for each task (hard parameter sharing; with one task a plain model).</summary>
/// <remarks>Paths: "trunk..." and "heads.{name}...". Tasks of one head name share the head.</remarks>
public sealed class TaskModel : Module
{
    private readonly Head[] _headOfTask;
    private readonly TaskLoss[] _lossOfTask;

    /// <param name="trunk">The backbone; built here where it is not yet.</param>
    /// <param name="input">What one row looks like.</param>
    /// <param name="tasks">At least one; distinct names.</param>
    /// <exception cref="ArgumentException">There is no task, names repeat, or tasks that share a head have different outputs.</exception>
    public TaskModel(Backbone trunk, InputShape input, IReadOnlyList<TaskSpec> tasks)
    {
        if (tasks.Count == 0 || tasks.Select(t => t.Name).Distinct(StringComparer.Ordinal).Count() != tasks.Count)
        {
            throw new ArgumentException("TaskModel: expected at least one task and distinct names, got " + (tasks.Count == 0 ? "none" : string.Join(", ", tasks.Select(t => t.Name))) + ".", nameof(tasks));
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
                heads[tasks[i].HeadName] = head = new Head(tasks[i], trunk.Features);
            }
            else if (head.Task.Kind != tasks[i].Kind || head.Task.Outputs != tasks[i].Outputs)
            {
                throw new ArgumentException($"TaskModel: expected tasks of head '{tasks[i].HeadName}' to share their labels, got {head.Task} and {tasks[i]}.", nameof(tasks));
            }

            _headOfTask[i] = head;
        }

        Heads = heads;
        _lossOfTask = [.. tasks.Select(t => new TaskLoss(t))];
    }

    /// <summary>The shared part.</summary>
    public Backbone Trunk { get; }

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
    public override Tensor Forward(Tensor x) => _headOfTask[0].Forward(Trunk.Forward(x));

    /// <summary>The shared features.</summary>
    /// <param name="x">Inputs, as the trunk wants them.</param>
    /// <param name="lengths">For sequences: integers [B]; otherwise null.</param>
    /// <returns>Shape [B, features].</returns>
    public Tensor Features(Tensor x, Tensor? lengths) => Trunk.Forward(x, lengths);

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
