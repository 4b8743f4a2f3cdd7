using System.Globalization;
using Graft.Experiments.Spec;
using Graft.Models;
using Graft.Models.Weights;
using Graft.Tasks;
using Graft.Transfer.Plans;

namespace Graft.Experiments.Runner;

/// <summary>Tries every stage before anything is trained or written: prepares data for the first seed, makes each model, carries what is to be carried.</summary>
internal sealed class StageTrials(ExperimentSpec spec, DataPreparation data, IRunObserver? observer)
{
    /// <summary>Tries them all; what is to be known is told to the observer.</summary>
    /// <exception cref="GraftInputException">Something is missing, damaged or does not fit.</exception>
    public void Run()
    {
        foreach (string name in spec.Data.Keys)
        {
            observer?.Preparing($"data {name}");
            data.Get(name, spec.Seeds[0]);
        }

        foreach (StageSection stage in spec.PlannedStages)
        {
            var rows = new JobData(data, spec.Seeds[0], stage.Tasks);
            TryModel(stage, rows);
            if (stage.From is { } from && Source(stage, from) is { } source)
            {
                DryRun.Carry(TrainingParts.NewBackbone(spec, stage, data.Find), rows, $"stages.{stage.Name}", source, Plans(stage));
            }

            TryArms(stage, rows);
        }
    }

    private void TryModel(StageSection stage, JobData rows)
    {
        Backbone trunk = TrainingParts.NewBackbone(spec, stage, data.Find);
        rows.CheckShapes(trunk);
        if (spec.ArmsOf(stage).Any(a => a.SharesModel || a.IsTransfer))
        {
            rows.CheckWords();
        }

        CarryReport? carried = DryRun.Try(trunk, rows, $"stages.{stage.Name}", data.Weights(TrainingParts.ModelOf(spec, stage), out string? lack), Plans(stage), isSource: stage.From is null);
        string? partly = carried is null ? null : Partly(carried, trunk);
        foreach (string? notice in (string?[])[lack, .. spec.ArmsOf(stage).SelectMany(a => data.Disagreements(stage, a, rows)).Distinct(), partly])
        {
            if (notice is not null)
            {
                observer?.Notice(notice);
            }
        }
    }

    // Architectures and models of an arm's own.
    private void TryArms(StageSection stage, JobData rows)
    {
        foreach (ArmSection arm in spec.ArmsOf(stage).Where(a => a.SharesModel || a.Model is not null))
        {
            TrainingSection training = spec.TrainingOf(stage, arm);
            if (training.Architecture is not null || arm.Model is not null)
            {
                Backbone trunk = TrainingParts.NewTrunk(spec, stage, arm, training, [.. rows.Tasks.Select(t => t.Spec)], data.Find);
                DryRun.Try(trunk, rows, $"stages.{stage.Name}, arm {arm.Id}", arm.Model is null ? null : data.Weights(arm.Model, out _));
            }
        }
    }

    // What a stage starts from: a file, or a model like the one that an earlier stage will learn, where it learns a plain one.
    private WeightSource? Source(StageSection stage, string from)
    {
        if (StageSection.IsFile(from))
        {
            TaskModel given = TrainedModel.Open(data.Resolve(from)).Model;
            JobRunner.CheckCarried(stage, given);
            return WeightSource.Of(given, from);
        }

        StageSection earlier = spec.PlannedStages.First(s => s.Name == from);
        ArmSection arm = spec.ArmsOf(earlier)[0];
        if (!(arm.SharesModel || arm.IsTransfer) || arm.Model is not null || spec.TrainingOf(earlier, arm).Architecture is not null)
        {
            return null;
        }

        var rows = new JobData(data, spec.Seeds[0], earlier.Tasks);
        var model = new TaskModel(TrainingParts.NewBackbone(spec, earlier, data.Find), rows.Shape, [.. rows.Tasks.Select(t => t.Spec)]);
        model.Initialize(1);
        return WeightSource.Of(model, from);
    }

    // Heads are the experiment's own.
    private static string? Partly(CarryReport report, Backbone trunk)
    {
        CarriedPath[] lacking = [.. report.Missing.Concat(report.WrongShape).Where(p => !WeightCarry.IsIn(p.Path, "heads"))];
        return lacking.Length == 0 ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"{Path.GetFileName(report.Source)} has {report.Carried.Count} of the {report.Carried.Count + lacking.Length} tensors of {trunk}; the others begin at random, the first of them {lacking[0]}. Is it the right file, and the right depth?");
    }

    // Those that carry something into the stage's own model.
    private IEnumerable<TransferPlan> Plans(StageSection stage) => spec.ArmsOf(stage).Where(a => a.Model is null && a.IsTransfer).Select(a => a.Way.Create()).OfType<TransferPlan>();
}
