using System.Globalization;
using Graft.Models.Weights;
using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>Lets heads begin with what a pretrained classifier already says of their classes.</summary>
/// <remarks>A new class whose outputs among the classifier's are c₁ ... cₙ begins with the mean of these outputs as its logit: before anything is learned the model answers as the
/// classifier would if it had to choose among the new classes alone. The logit of a binary task is that of its second class less that of its first.</remarks>
internal static class KnownClasses
{
    /// <summary>Gives the heads of a model their first values.</summary>
    /// <param name="model">A model whose features are the outputs of a classifier.</param>
    /// <param name="report">What was carried into it.</param>
    /// <param name="classes">For each class of its tasks the places of outputs, from 0; null for heads that begin at random.</param>
    /// <returns>The report, with the heads among what was carried.</returns>
    /// <exception cref="GraftInputException">A class has no output, or an output is not there.</exception>
    public static CarryReport Begin(TaskModel model, CarryReport report, IReadOnlyDictionary<string, IReadOnlyList<int>>? classes)
    {
        if (classes is null)
        {
            return report;
        }

        CheckNames(model, classes);
        var begun = new Dictionary<string, CarriedPath>(StringComparer.Ordinal);
        foreach (Head head in model.Heads.Values)
        {
            head.Weight!.Value.Assign(Weights(model, head, classes));
            head.Bias!.Value.Assign(new float[head.Task.Outputs]);
            foreach (Nn.Parameter parameter in (Nn.Parameter[])[head.Weight, head.Bias])
            {
                begun[parameter.Path] = new CarriedPath(parameter.Path, parameter.Shape.ToString()) { Note = "begins with the outputs of " + Outputs(head.Task, classes) };
            }
        }

        return report with { Carried = [.. report.Carried, .. begun.Values], Missing = [.. report.Missing.Where(m => !begun.ContainsKey(m.Path))] };
    }

    private static void CheckNames(TaskModel model, IReadOnlyDictionary<string, IReadOnlyList<int>> classes)
    {
        foreach (TaskSpec task in model.Tasks)
        {
            if (task.Kind is not (TaskKind.Binary or TaskKind.MultiClass) || task.IsDirect)
            {
                throw new GraftInputException("", $"classes: expected tasks whose rows are each of one class, got {task}.");
            }

            string[] lacking = [.. task.Classes.Where(c => !classes.TryGetValue(c, out IReadOnlyList<int>? places) || places.Count == 0)];
            if (lacking.Length > 0)
            {
                throw new GraftInputException("", $"classes: expected outputs of {model.Trunk} for each class of task '{task.Name}', got none for {string.Join(", ", lacking)}.");
            }
        }

        if (classes.Keys.FirstOrDefault(name => !model.Tasks.Any(t => t.Classes.Contains(name, StringComparer.Ordinal))) is { } unknown)
        {
            throw new GraftInputException("", $"classes: expected classes of the tasks ({string.Join(", ", model.Tasks.SelectMany(t => t.Classes).Distinct(StringComparer.Ordinal))}), got '{unknown}'.");
        }
    }

    private static float[] Weights(TaskModel model, Head head, IReadOnlyDictionary<string, IReadOnlyList<int>> classes)
    {
        var weights = new float[head.Task.Outputs * head.Features];
        for (int i = 0; i < head.Task.Classes.Count; i++)
        {
            string name = head.Task.Classes[i];
            bool isBinary = head.Task.Kind == TaskKind.Binary;
            int row = isBinary ? 0 : i;
            float share = (isBinary && i == 0 ? -1f : 1f) / classes[name].Count;
            foreach (int place in classes[name])
            {
                if (place < 0 || place >= head.Features)
                {
                    throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture, $"classes: expected an output of {model.Trunk}, 0 to {head.Features - 1}, for {name}, got {place}. Has it its classifier (top: true)?"));
                }

                weights[(row * head.Features) + place] += share;
            }
        }

        return weights;
    }

    private static string Outputs(TaskSpec task, IReadOnlyDictionary<string, IReadOnlyList<int>> classes) =>
        string.Join(", ", task.Classes.Select(c => $"{c} ({string.Join(", ", classes[c].Select(p => p.ToString(CultureInfo.InvariantCulture)))})"));
}
