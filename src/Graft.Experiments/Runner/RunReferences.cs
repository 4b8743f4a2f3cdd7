using System.Reflection;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.MultiTask.Arrangements;
using Graft.MultiTask.Linear;
using Graft.Tasks;

namespace Graft.Experiments.Runner;

/// <summary>The papers of the methods that an experiment uses.</summary>
internal static class RunReferences
{
    public static IReadOnlyList<Reference> Of(ExperimentSpec spec)
    {
        var parts = new List<object>();
        foreach (StageSection stage in spec.PlannedStages)
        {
            parts.Add(TrainingParts.ModelOf(spec, stage).Backbone.Create());
            foreach (ArmSection arm in spec.ArmsOf(stage))
            {
                TrainingSection training = spec.TrainingOf(stage, arm);
                parts.AddRange(((object?[])[training.Optimizer?.Create(), training.Schedule?.Create(), .. (training.Regularizer ?? []).Select(p => p.Create())]).OfType<object>());
                if (arm.SharesModel && training.Architecture is { } architecture)
                {
                    parts.Add(architecture.Create());
                }

                if ((arm.Is<JointTasks>() || arm.Is<GroupedTasks>()) && training.Balancer is { } section)
                {
                    parts.Add(section.Balancer.Create());
                }

                IArm way = arm.Way.Create();
                parts.Add(way);
                parts.AddRange(parts.OfType<HeadPenalty>().Select(p => p.Penalty).ToArray());
                parts.AddRange(way switch
                {
                    GroupedTasks grouped => [grouped.By],
                    PenalizedTasks penalized => [penalized.Penalty],
                    _ => Array.Empty<object>(),
                });
            }
        }

        return [.. parts.Select(p => p as Type ?? p.GetType()).Distinct()
            .Select(t => (Name: t.GetCustomAttribute<NamedAttribute>()?.Name ?? t.Name, Paper: t.GetCustomAttribute<PaperAttribute>()))
            .Where(t => t.Paper is not null)
            .Select(t => new Reference(t.Name, t.Paper!.Citation, t.Paper.Link))];
    }
}
