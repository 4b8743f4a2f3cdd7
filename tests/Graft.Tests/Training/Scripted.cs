using System.Globalization;
using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Nn.Schedules;
using Graft.Tensors;
using Graft.Training;

namespace Graft.Tests.Training;

/// <summary>A step that reports given objectives and counts its updates in its only weight.</summary>
internal sealed class ScriptedStep : TrainingStep
{
    private readonly int _perEpoch;
    private readonly double[] _objectives, _losses = [0, double.NaN];

    public ScriptedStep(int perEpoch, double[]? objectives = null)
    {
        _perEpoch = perEpoch;
        _objectives = objectives ?? [1];
        Model.Initialize(1);
    }

    public override Module Model { get; } = new Counter();

    public override int StepsPerEpoch => _perEpoch;

    public override IReadOnlyList<string> LossNames { get; } = ["a", "b"];

    public override ReadOnlySpan<double> Losses => _losses;

    public override float Rate => 0.5f;

    public float Weight => ((Counter)Model).Updates.Value.ToArray()[0];

    public HandClock? Clock { get; init; }

    public int Milliseconds { get; init; } = 10;

    public override double Run(float rateFactor, double progress)
    {
        Assert.True(Model.IsTraining);
        _losses[0] = _objectives[Math.Min((int)Weight, _objectives.Length - 1)];
        ((Counter)Model).Updates.Value.Assign([Weight + 1]);
        Clock?.Advance(Milliseconds);
        return _losses[0];
    }

    public override void Save(State state)
    {
    }

    public override void Load(State state)
    {
    }

    private sealed class Counter : Module
    {
        public Parameter Updates { get; } = new([1], Init.Zeros);

        public override Tensor Forward(Tensor x) => x;
    }
}

/// <summary>A validation whose loss and accuracy are given, one after the other.</summary>
internal sealed class ScriptedValidation(ScriptedStep step, double[] values) : IValidation
{
    private int _next;

    public HandClock? Clock { get; init; }

    public IReadOnlyList<TaskScores> Run()
    {
        Clock?.Advance(10 * step.Milliseconds);
        double value = _next < values.Length ? values[_next++] : 0;
        return [new TaskScores("t", value, new Dictionary<string, double> { ["accuracy"] = value })];
    }
}

/// <summary>Remembers what was told, as text; the state is how much of it.</summary>
internal sealed class Recorder : ITrainingObserver, IStateful
{
    public List<string> Lines { get; } = [];

    public static string Line(TrainingEvent happened) => happened switch
    {
        Started e => $"Started {e.TotalSteps} {e.StepsPerEpoch}",
        StepDone e => string.Create(CultureInfo.InvariantCulture, $"StepDone {e.Epoch} {e.Step} {e.Objective}"),
        EpochDone e => string.Create(CultureInfo.InvariantCulture, $"EpochDone {e.Epoch} {e.Step} {e.Objective} {Text(e.Losses)}"),
        Evaluated e => string.Create(CultureInfo.InvariantCulture, $"Evaluated {e.Epoch} {e.Step} {e.Scores.Loss}"),
        Notice e => $"Notice {e.Message}",
        Stopped e => $"Stopped {e.Reason} {e.Epoch} {e.Step} {e.Message}",
        _ => "",
    };

    public void Tell(TrainingEvent happened)
    {
        if (happened is not Resumed)
        {
            Lines.Add(Line(happened));
        }
    }

    public void Save(State state) => state.Set("lines", Lines.Count);

    public void Load(State state) => Lines.RemoveRange((int)Math.Min(Lines.Count, state.Get<long>("lines")), (int)Math.Max(0, Lines.Count - state.Get<long>("lines")));

    private static string Text(IReadOnlyDictionary<string, double> values) =>
        string.Join(' ', values.Select(v => string.Create(CultureInfo.InvariantCulture, $"{v.Key}={v.Value}")));
}

/// <summary>Time that stands still until it is moved.</summary>
internal sealed class HandClock : TimeProvider
{
    private long _milliseconds;

    public override long TimestampFrequency => 1000;

    public override long GetTimestamp() => _milliseconds;

    public void Advance(int milliseconds) => _milliseconds += milliseconds;
}

/// <summary>Remembers what validation told it.</summary>
internal sealed class ListeningSchedule : Schedule
{
    public List<double> Heard { get; } = [];

    public long Count { get; private set; }

    public override float At(long step, long totalSteps) => 1;

    public override void Observe(double value)
    {
        Heard.Add(value);
        Count++;
    }

    public override void Save(State state) => state.Set("count", Count);

    public override void Load(State state) => Count = state.Get<long>("count");
}
