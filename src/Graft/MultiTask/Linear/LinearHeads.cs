using Graft.Data.Loading;
using Graft.Models;
using Graft.Tasks;

namespace Graft.MultiTask.Linear;

/// <summary>Between linear models and networks: the tasks of a network without layers as linear tasks, and their solution as its heads.</summary>
public static class LinearHeads
{
    /// <summary>The linear tasks of a model: one for every quantity of a regression, every binary task, every label.</summary>
    /// <param name="model">Has the backbone <see cref="LinearModel"/> and a head for each task.</param>
    /// <param name="rows">Rows with the truths of some of the tasks, and the places of those in the model; each task once.</param>
    /// <param name="weights">A factor a task of the model.</param>
    /// <exception cref="GraftInputException">A task is of several classes, has class weights, shares its head, or cannot be learned from its rows; all findings.</exception>
    public static IReadOnlyList<LinearTask> Tasks(TaskModel model, IReadOnlyList<(LabeledRows Rows, IReadOnlyList<int> Tasks)> rows, IReadOnlyList<double> weights)
    {
        CheckTasks(model);
        var tasks = new LinearTask[model.Tasks.Count][];
        var findings = new List<Finding>();
        foreach ((LabeledRows part, IReadOnlyList<int> places) in rows)
        {
            double[] features = Features(part);
            for (int i = 0; i < places.Count; i++)
            {
                tasks[places[i]] = Outputs(model.Tasks[places[i]], features, part.Targets[i], weights[places[i]], findings);
            }
        }

        return findings.Count == 0 ? [.. tasks.SelectMany(t => t)] : throw new GraftInputException(findings);
    }

    /// <summary>Gives the heads the weights and biases of a solution.</summary>
    /// <param name="model">The model whose tasks were solved; initialized.</param>
    /// <param name="fit">The solution, with the tasks that <see cref="Tasks"/> gave.</param>
    public static void Assign(TaskModel model, LinearFit fit)
    {
        int column = 0;
        for (int t = 0; t < model.Tasks.Count; t++)
        {
            Head head = model.HeadOf(t);
            float[] weight = new float[head.Task.Outputs * head.Features], bias = new float[head.Task.Outputs];
            for (int k = 0; k < bias.Length; k++, column++)
            {
                for (int j = 0; j < head.Features; j++)
                {
                    weight[(k * head.Features) + j] = (float)fit.Weights[j, column];
                }

                bias[k] = (float)fit.Intercepts[column];
            }

            head.Weight!.Value.Assign(weight);
            head.Bias!.Value.Assign(bias);
        }
    }

    private static void CheckTasks(TaskModel model)
    {
        string[] findings =
        [
            .. model.Tasks.Where(t => t.Kind == TaskKind.MultiClass).Select(t => $"task '{t.Name}': expected a regression, a binary task or labels for linear models, got {t.Classes.Count} classes. Use joint or independent, or make it binary."),
            .. model.Tasks.Where(t => t.ClassWeights is not null).Select(t => $"task '{t.Name}': expected a task without class weights for linear models, got some."),
            .. model.Tasks.GroupBy(t => t.HeadName).Where(g => g.Count() > 1).Select(g => $"linear: expected a head for each task, got one for {string.Join(", ", g.Select(t => t.Name))}."),
        ];
        if (findings.Length > 0)
        {
            throw new GraftInputException([.. findings.Select(f => new Finding("", 0, 0, f))]);
        }
    }

    private static LinearTask[] Outputs(TaskSpec task, double[] features, TargetValues targets, double weight, List<Finding> findings)
    {
        var outputs = new LinearTask[task.Outputs];
        for (int k = 0; k < outputs.Length; k++)
        {
            var values = new double[targets.Count];
            for (int r = 0; r < values.Length; r++)
            {
                values[r] = targets.Numbers[(r * targets.Width) + k];
            }

            try
            {
                outputs[k] = new LinearTask(
                    task.Outputs == 1 ? task.Name : $"{task.Name}/{task.Classes[k]}", features, values, task.Kind == TaskKind.Regression ? LinearLoss.Squared : LinearLoss.Logistic, weight);
            }
            catch (GraftInputException e)
            {
                findings.AddRange(e.Findings);
            }
        }

        return outputs;
    }

    private static double[] Features(LabeledRows rows)
    {
        int length = rows.Shape.Length;
        var features = new double[(long)rows.Count * length];
        var row = new float[length];
        for (int r = 0; r < rows.Count; r++)
        {
            rows.Read(r, row);
            for (int j = 0; j < length; j++)
            {
                features[((long)r * length) + j] = row[j];
            }
        }

        return features;
    }
}
