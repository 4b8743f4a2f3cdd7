using Graft.Data.Loading;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Training;
using Graft.Transfer.Plans;

namespace Graft.Experiments.Runner;

/// <summary>Two rows through a model and its heads, so that sizes that do not fit are found before anything is trained.</summary>
internal static class DryRun
{
    /// <summary>Carries weights into a model in every way that is planned, so that what does not fit is found before anything is trained.</summary>
    /// <param name="trunk">The model, not built yet.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="where">What it is for, for messages.</param>
    /// <param name="source">What is carried, or a model like it.</param>
    /// <param name="plans">How.</param>
    /// <exception cref="GraftInputException">Something frozen would start from random weights, or a plan names what the model does not have.</exception>
    public static void Carry(Backbone trunk, JobData rows, string where, WeightSource source, IEnumerable<TransferPlan> plans)
    {
        try
        {
            var model = new TaskModel(trunk, rows.Shape, [.. rows.Tasks.Select(t => t.Spec)]);
            model.Initialize(1);
            foreach (TransferPlan plan in plans.Where(p => p.UsesSource))
            {
                model.Freeze(false);
                plan.Prepare(model, source);
            }
        }
        catch (Exception e) when (e is ShapeException or ArgumentException)
        {
            throw Failed(where, e);
        }
    }

    /// <summary>Builds the model and tries it, with its pretrained weights where it has some.</summary>
    /// <param name="trunk">The model, not built yet.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="where">What it is for, for messages.</param>
    /// <param name="weights">The file of its pretrained weights; null where it has none.</param>
    /// <param name="plans">What carries something into it.</param>
    /// <param name="isSource">Whether the pretrained weights are what the plans carry.</param>
    /// <returns>What became of the pretrained weights; null where there are none.</returns>
    /// <exception cref="GraftInputException">Sizes do not fit, or nothing in the file of weights does, or a plan names what the model does not have.</exception>
    public static CarryReport? Try(Backbone trunk, JobData rows, string where, string? weights = null, IEnumerable<TransferPlan>? plans = null, bool isSource = false)
    {
        try
        {
            var model = new TaskModel(trunk, rows.Shape, [.. rows.Tasks.Select(t => t.Spec)]);
            model.Initialize(1);
            foreach (TransferPlan plan in plans ?? [])
            {
                plan.Check(model);
            }

            CarryReport? report = null;
            if (weights is not null)
            {
                var source = WeightSource.For(model, WeightFile.Read(weights), weights);
                report = WeightCarry.CarryPretrained(source, model);
                foreach (TransferPlan plan in (plans ?? []).Where(p => isSource && p.UsesSource))
                {
                    model.Freeze(false);
                    plan.Prepare(model, source);
                }
            }

            foreach (PreparedTask task in rows.Tasks.Take(4))
            {
                LabeledRows two = rows.DataOf(task).Labeled(Side.Train, [task], most: 2);
                Evaluation.Predict(model, two, [(model.IndexOf(task.Name), task.Target)]);
            }

            return report;
        }
        catch (Exception e) when (e is ShapeException or ArgumentException)
        {
            throw Failed(where, e);
        }
    }

    private static GraftInputException Failed(string where, Exception e) => new("", $"{where}: {e.Message.Split('\n')[0]}", inner: e);
}
