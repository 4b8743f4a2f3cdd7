using System.Globalization;
using Graft.Models.Weights;
using Graft.Tasks;

namespace Graft.Transfer.Plans;

/// <summary>Lets heads begin with what a pretrained classifier already says of their classes.</summary>
/// <remarks>A new class whose outputs among the classifier's are c₁ ... cₙ begins with the mean of these outputs as its logit: before anything is learned the model answers as the
/// classifier would if it had to choose among the new classes alone. The logit of a binary task is that of its second class less that of its first.</remarks>
internal static class KnownClasses
{
    /// <summary>Gives heads of a model that were not carried their first values.</summary>
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

        var carried = report.Carried.Select(c => c.Path).ToHashSet(StringComparer.Ordinal);
        Head[] heads = [.. model.Heads.Values.Where(h => h.Weight is null || !carried.Contains(h.Weight.Path))];
        Check(model, heads, classes);
        var begun = new Dictionary<string, CarriedPath>(StringComparer.Ordinal);
        foreach (Head head in heads)
        {
            head.Weight!.Value.Assign(Weights(head, classes));
            head.Bias!.Value.Assign(new float[head.Task.Outputs]);
            foreach (Nn.Parameter parameter in (Nn.Parameter[])[head.Weight, head.Bias])
            {
                begun[parameter.Path] = new CarriedPath(parameter.Path, parameter.Shape.ToString()) { Note = "begins with the outputs of " + Outputs(head.Task, classes) };
            }
        }

        return report with { Carried = [.. report.Carried, .. begun.Values], Missing = [.. report.Missing.Where(m => !begun.ContainsKey(m.Path))] };
    }

    /// <summary>Sees that each class of some heads has its outputs.</summary>
    /// <param name="model">The model of the heads.</param>
    /// <param name="heads">The heads.</param>
    /// <param name="classes">For each class the places of outputs, from 0; null for heads that begin at random.</param>
    /// <exception cref="GraftInputException">A class has no output, or an output is not there.</exception>
    public static void Check(TaskModel model, IEnumerable<Head> heads, IReadOnlyDictionary<string, IReadOnlyList<int>>? classes)
    {
        if (classes is null)
        {
            return;
        }

        foreach (Head head in heads)
        {
            TaskSpec task = head.Task;
            if (task.Kind is not (TaskKind.Binary or TaskKind.MultiClass) || task.IsDirect)
            {
                throw new GraftInputException("", $"classes: expected tasks whose rows are each of one class, got {task}.");
            }

            string[] lacking = [.. task.Classes.Where(c => !classes.TryGetValue(c, out IReadOnlyList<int>? places) || places.Count == 0)];
            if (lacking.Length > 0)
            {
                throw new GraftInputException("", $"classes: expected outputs of {model.Trunk} for each class of task '{task.Name}', got none for {string.Join(", ", lacking)}.");
            }

            foreach (string name in task.Classes)
            {
                if (classes[name].Where(p => p < 0 || p >= head.Features).Select(p => (int?)p).FirstOrDefault() is { } place)
                {
                    throw new GraftInputException("", string.Create(CultureInfo.InvariantCulture, $"classes: expected an output of {model.Trunk}, 0 to {head.Features - 1}, for {name}, got {place}. Has it its classifier (top: true)?"));
                }
            }
        }

        if (classes.Keys.FirstOrDefault(name => !model.Tasks.Any(t => t.Classes.Contains(name, StringComparer.Ordinal))) is { } unknown)
        {
            throw new GraftInputException("", $"classes: expected classes of the tasks ({string.Join(", ", model.Tasks.SelectMany(t => t.Classes).Distinct(StringComparer.Ordinal))}), got '{unknown}'.");
        }
    }

    private static float[] Weights(Head head, IReadOnlyDictionary<string, IReadOnlyList<int>> classes)
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
                weights[(row * head.Features) + place] += share;
            }
        }

        return weights;
    }

    private static string Outputs(TaskSpec task, IReadOnlyDictionary<string, IReadOnlyList<int>> classes) =>
        string.Join(", ", task.Classes.Select(c => $"{c} ({string.Join(", ", classes[c].Select(p => p.ToString(CultureInfo.InvariantCulture)))})"));
}
