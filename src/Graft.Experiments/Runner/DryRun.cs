using Graft.Data.Loading;
using Graft.Models;
using Graft.Tasks;
using Graft.Tensors;
using Graft.Training;

namespace Graft.Experiments.Runner;

/// <summary>Two rows through a model and its heads, so that sizes that do not fit are found before anything is trained.</summary>
internal static class DryRun
{
    /// <summary>Builds the model and tries it.</summary>
    /// <exception cref="GraftInputException">Sizes do not fit.</exception>
    public static void Try(Backbone trunk, JobData rows, string where)
    {
        try
        {
            var model = new TaskModel(trunk, rows.Shape, [.. rows.Tasks.Select(t => t.Spec)]);
            model.Initialize(1);
            foreach (PreparedTask task in rows.Tasks.Take(4))
            {
                LabeledRows two = rows.DataOf(task).Labeled(Side.Train, [task], most: 2);
                Evaluation.Predict(model, two, [(model.IndexOf(task.Name), task.Target)]);
            }
        }
        catch (Exception e) when (e is ShapeException or ArgumentException)
        {
            throw new GraftInputException("", $"{where}: {e.Message.Split('\n')[0]}", inner: e);
        }
    }
}
