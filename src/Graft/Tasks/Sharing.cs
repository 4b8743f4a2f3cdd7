using Graft.Data.Encoders;
using Graft.Models;
using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Tasks;

/// <summary>What the tasks of one model share and what each has of its own: a backbone that gives features for each task.</summary>
/// <remarks>
/// <para>Constructor parameters are the method's own settings. Before it is built, <see cref="Around"/> gives it the tasks and a maker of trunks, so that
/// experts and towers are fresh copies of any backbone. B rows a batch.</para>
/// <para>A step of training begins with <see cref="BeginStep"/>; what passes after it may leave something for <see cref="Penalty"/>. In use (not in training)
/// what comes out depends on parameters and buffers alone.</para>
/// <para>State: where the training stands, and what an heir saves besides parameters and buffers.</para>
/// </remarks>
[Family("architectures")]
public abstract class Sharing : Backbone
{
    private Func<Backbone>? _newTrunk;
    private IReadOnlyList<TaskSpec>? _tasks;
    private int[] _all = [];
    private long _begun;

    /// <summary>The tasks, in the model's order.</summary>
    /// <exception cref="InvalidOperationException">It knows none yet.</exception>
    public IReadOnlyList<TaskSpec> Tasks => _tasks ?? throw Unknown();

    /// <summary>Where the training stands; before the first step as at its start.</summary>
    public SharingStep Step { get; private set; } = new(0, 1, 0);

    /// <summary>How far the training is in each of its phases, one number from 0 to 1 for each: which parameters a task uses may differ between them.</summary>
    public virtual IReadOnlyList<double> Phases => [0];

    /// <summary>Whether <see cref="Penalty"/> gives something; known from the start.</summary>
    public virtual bool HasPenalty => false;

    /// <inheritdoc/>
    public sealed override bool TakesWeights => false;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Layers =>
        [.. Children().Where(c => c.Child.Parameters().Any()).SelectMany(c => c.Name.Length == 0 && c.Child is Backbone same ? same.Layers : [c.Name])];

    /// <summary>Says which tasks share, and what their experts and towers are.</summary>
    /// <param name="newTrunk">Makes a trunk that is not built; a new one each time.</param>
    /// <param name="tasks">The tasks, at least one.</param>
    /// <returns>This.</returns>
    /// <exception cref="InvalidOperationException">It was said before.</exception>
    public Sharing Around(Func<Backbone> newTrunk, IReadOnlyList<TaskSpec> tasks)
    {
        if (_tasks is not null)
        {
            throw new InvalidOperationException($"{this}: expected an architecture without tasks, got one of {string.Join(", ", _tasks.Select(t => t.Name))}. Make a new one for each model.");
        }

        _newTrunk = newTrunk;
        _tasks = tasks.Count > 0 ? tasks : throw new ArgumentException($"{this}: expected at least one task, got none.", nameof(tasks));
        _all = [.. Enumerable.Range(0, tasks.Count)];
        return this;
    }

    /// <summary>Size of the features that a task predicts from, known once it is built.</summary>
    /// <param name="task">Its place among the tasks.</param>
    public abstract int FeaturesOf(int task);

    /// <summary>The first task's features.</summary>
    /// <param name="x">As the trunk wants it.</param>
    /// <returns>[B, features of the first task].</returns>
    public sealed override Tensor Forward(Tensor x) => Forward(x, null);

    /// <inheritdoc/>
    public sealed override Tensor Forward(Tensor x, Tensor? lengths) => FeaturesFor(x, lengths, [0])[0];

    /// <summary>The features of some tasks for a batch.</summary>
    /// <param name="x">As the trunk wants it.</param>
    /// <param name="lengths">For sequences: integers [B]; null where all rows are full.</param>
    /// <param name="tasks">The places of the tasks that are wanted, ascending; null for all.</param>
    public TaskFeatures FeaturesFor(Tensor x, Tensor? lengths, IReadOnlyList<int>? tasks = null) => Compute(x, lengths, tasks ?? _all);

    /// <summary>What a task's head says of its features; architectures that tie outputs of several tasks put them together here.</summary>
    /// <param name="task">Its place among the tasks.</param>
    /// <param name="features">Of that task, and of those that it is tied to.</param>
    /// <param name="heads">For each task its head.</param>
    /// <returns>Logits or quantities, [B, outputs].</returns>
    public virtual Tensor Output(int task, TaskFeatures features, IReadOnlyList<Head> heads) => heads[task].Forward(features[task]);

    /// <summary>What the method adds to the losses of a step, or null where it adds nothing now.</summary>
    /// <returns>A scalar; gradients flow through it.</returns>
    public virtual Tensor? Penalty() => null;

    /// <summary>What to look at while it learns, by name: gates, mixtures, masks, policies. Numbers of the parameters as they stand.</summary>
    public virtual IReadOnlyDictionary<string, double> Gauges() => new Dictionary<string, double>();

    /// <summary>A step of training begins.</summary>
    /// <param name="stepsPerEpoch">Steps in an epoch; at least 1.</param>
    /// <param name="progress">How far the training is: 0 at the start, 1 at the end.</param>
    public void BeginStep(int stepsPerEpoch, double progress)
    {
        Step = new SharingStep(_begun++, Check.AtLeast(1, stepsPerEpoch), progress);
        OnStep();
    }

    /// <summary>Makes the parts for inputs of one shape; afterwards <see cref="FeaturesOf"/> answers.</summary>
    protected abstract void MakeParts(InputShape input);

    /// <summary>Computes the features of some tasks.</summary>
    /// <param name="x">As the trunk wants it.</param>
    /// <param name="lengths">For sequences: integers [B]; null where all rows are full.</param>
    /// <param name="tasks">The places of the tasks that are wanted, ascending; at least one.</param>
    protected abstract TaskFeatures Compute(Tensor x, Tensor? lengths, IReadOnlyList<int> tasks);

    /// <summary>A step has begun: the place for phases, and for forgetting what the last step left for the penalty.</summary>
    protected virtual void OnStep()
    {
    }

    /// <summary>Forgets what <see cref="SaveState"/> writes, as if new.</summary>
    protected virtual void ResetState()
    {
    }

    /// <summary>Writes what is remembered between steps besides parameters and buffers.</summary>
    protected virtual void SaveState(State state)
    {
    }

    /// <summary>Takes back what <see cref="SaveState"/> wrote.</summary>
    protected virtual void LoadState(State state)
    {
    }

    /// <summary>A new trunk, built.</summary>
    /// <param name="input">What one row looks like.</param>
    protected Backbone NewTrunk(InputShape input)
    {
        Backbone trunk = MakeTrunk();
        trunk.Build(input);
        return trunk;
    }

    /// <summary>Random numbers of this step: the same at each call with the same name.</summary>
    /// <param name="name">What they are for.</param>
    protected RandomStream Noise(string name) => RandomStream.For(Seed, $"{Path}/{name}", (ulong)Step.Number);

    /// <inheritdoc/>
    protected sealed override int MakeLayers(InputShape input)
    {
        _ = Tasks;
        MakeParts(input);
        return FeaturesOf(0);
    }

    /// <inheritdoc/>
    protected sealed override void ResetOwn()
    {
        Step = new SharingStep(0, 1, 0);
        _begun = 0;
        ResetState();
    }

    /// <inheritdoc/>
    protected sealed override void SaveOwn(State state)
    {
        state.Set("begun", _begun);
        state.Set("stepsPerEpoch", Step.StepsPerEpoch);
        state.Set("progress", Step.Progress);
        SaveState(state);
    }

    /// <inheritdoc/>
    protected sealed override void LoadOwn(State state)
    {
        _begun = state.Get<long>("begun");
        Step = new SharingStep(Math.Max(0, _begun - 1), (int)Math.Clamp(state.Get<long>("stepsPerEpoch"), 1, int.MaxValue), state.Get<double>("progress"));
        LoadState(state);
    }

    /// <summary>A trunk that is not built: what the model file says of it.</summary>
    internal Backbone MakeTrunk() => (_newTrunk ?? throw Unknown())();

    private InvalidOperationException Unknown() => new($"{this}: expected tasks and a trunk, got none. Call Around(newTrunk, tasks) first.");
}
