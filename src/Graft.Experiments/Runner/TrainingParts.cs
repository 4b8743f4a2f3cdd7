using Graft.Experiments.Catalogue;
using Graft.Experiments.Spec;
using Graft.Models;
using Graft.MultiTask;
using Graft.MultiTask.Balancing;
using Graft.Nn;
using Graft.Nn.Optimizers;
using Graft.Nn.Penalties;
using Graft.Nn.Schedules;
using Graft.Tasks;
using Graft.Training;
using Graft.Transfer;
using SharedReference = Graft.Transfer.SharedReference;

namespace Graft.Experiments.Runner;

/// <summary>Makes what one training needs, anew each time, from what the experiment file says.</summary>
internal static class TrainingParts
{
    public static ModelSection ModelOf(ExperimentSpec spec, StageSection stage, ArmSection? arm = null) => arm?.Model ?? stage.Model ?? spec.Model;

    /// <summary>A backbone that is not built; it knows where its files lie.</summary>
    public static Backbone NewBackbone(ExperimentSpec spec, StageSection stage, Func<string, string> find, ArmSection? arm = null)
    {
        Backbone backbone = ModelOf(spec, stage, arm).Backbone.Create();
        backbone.Locate(find);
        return backbone;
    }

    /// <summary>What gives features to the tasks that a job learns: the model alone, or the architecture around copies of it.</summary>
    /// <param name="spec">The experiment.</param>
    /// <param name="stage">The stage.</param>
    /// <param name="arm">The way it is learned; without a model that learns all tasks at once there is no architecture.</param>
    /// <param name="training">How it learns, filled in.</param>
    /// <param name="tasks">What it learns.</param>
    /// <param name="find">Where files lie.</param>
    public static Backbone NewTrunk(ExperimentSpec spec, StageSection stage, ArmSection arm, TrainingSection training, IReadOnlyList<TaskSpec> tasks, Func<string, string> find) =>
        training.Architecture is { } architecture && arm.SharesModel
            ? architecture.Create().Around(() => NewBackbone(spec, stage, find, arm), tasks)
            : NewBackbone(spec, stage, find, arm);

    public static ModelUpdate Update(TrainingSection training, Module model) => new(
        model,
        training.Optimizer?.Create() ?? new Adam(),
        Penalties(training),
        training.Clip?.Norm,
        training.Clip?.Value);

    /// <summary>The step of a joint training.</summary>
    /// <exception cref="GraftInputException">The balancer does not fit the model or its options.</exception>
    public static JointStep Step(PlannedJob job, JobData rows, TaskModel model)
    {
        try
        {
            return new JointStep(model, rows.Streams(model, job.Training, job.Stage.Name), Update(job.Training, model), Balancing(job, rows, model));
        }
        catch (ArgumentException e) when (job.Training.Balancer is not null)
        {
            throw new GraftInputException("", $"stages.{job.Stage.Name}: balancer: {e.Message.Split(" (Parameter")[0]}", inner: e);
        }
    }

    /// <summary>How the tasks of a joint training are balanced, or null where nothing is said.</summary>
    private static JointBalancing? Balancing(PlannedJob job, JobData rows, TaskModel model) => job.Training.Balancer is not { } section ? null : new JointBalancing(
        section.Balancer.Create(),
        section.Options,
        typeof(BilevelBalancer).IsAssignableFrom(section.Balancer.Type) ? rows.ValidationStreams(model, job.Training, job.Stage.Name) : null,
        (ulong)job.Seed);

    public static TrainingPlan Plan(ExperimentSpec spec, TrainingSection training, bool validates, int stepsPerEpoch)
    {
        EarlyStoppingSection? stop = training.EarlyStopping;
        return new TrainingPlan
        {
            Epochs = training.Epochs ?? 10,
            Steps = training.Steps,
            TimeBudget = training.TimeBudget,
            Schedule = training.Schedule?.Create() ?? new ConstantSchedule(),
            EarlyStopping = stop is null || !validates ? null : new EarlyStopping(stop.Metric?.Create(), stop.Patience, stop.MinDelta),
            CheckpointEvery = spec.Checkpoints?.Steps ?? (spec.Checkpoints?.Epochs is { } epochs ? epochs * stepsPerEpoch : null),
        };
    }

    /// <summary>The factor of a curve at a progress from 0 to 1, or null where there is none.</summary>
    public static Func<double, double>? Curve(Part<Schedule>? curve)
    {
        if (curve is null)
        {
            return null;
        }

        const long Steps = 10_000;
        Schedule schedule = curve.Create();
        return progress => schedule.At((long)(progress * Steps), Steps);
    }

    /// <summary>The parts of a transfer's loss; with rehearsal alone, source and target.</summary>
    public static TransferObjective Objective(StageSection stage)
    {
        ObjectiveSection? parts = stage.Objective;
        ObjectivePart? source = Part(parts?.Source) ?? (stage.Rehearse is { } rehearse ? new ObjectivePart(rehearse.Weight) : null);
        ObjectivePart? target = parts is null ? new ObjectivePart(1) : Part(parts.Target);
        ObjectivePart? shared = parts?.Shared is { } near ? new ObjectivePart(near.Weight, Curve(near.Curve)) : null;
        SharedReference reference = parts?.Shared?.Reference == Spec.SharedReference.DomainMean ? SharedReference.DomainMean : SharedReference.SourceOutput;
        return new TransferObjective(source, target, shared, Part(parts?.Task), reference);

        static ObjectivePart? Part(WeightSection? part) => part is null ? null : new ObjectivePart(part.Weight, Curve(part.Curve));
    }

    private static Penalty[] Penalties(TrainingSection training) => [.. (training.Regularizer ?? []).Select(p => p.Create())];
}
