using System.Globalization;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.MultiTask.Arrangements;
using Graft.Transfer.Plans;

namespace Graft.Experiments.Runner;

/// <summary>Turns stages, arms and seeds into jobs, in an order in which each comes after those it needs.</summary>
internal static class JobPlanner
{
    public static IReadOnlyList<PlannedJob> Plan(ExperimentSpec spec)
    {
        var jobs = new List<PlannedJob>();
        IReadOnlyList<StageSection> stages = spec.PlannedStages;
        foreach (long seed in spec.Seeds)
        {
            for (int s = 0; s < stages.Count; s++)
            {
                StageSection stage = stages[s];
                IReadOnlyList<ArmSection> arms = spec.ArmsOf(stage);
                bool compared = arms.Count > 1 || s == stages.Count - 1;
                foreach (ArmSection arm in arms)
                {
                    jobs.Add(new PlannedJob(
                        Id(stage, arms.Count > 1 ? arm : null, seed),
                        stage,
                        arm,
                        seed,
                        spec.TrainingOf(stage, arm),
                        Needs(spec, stage, arm, arms, seed),
                        compared)
                    {
                        Spec = spec,
                    });
                }
            }
        }

        return jobs;
    }

    /// <summary>The jobs of one arm with all they need: those of stages with one way are its own, named after it.</summary>
    /// <param name="spec">The experiment with the arm's settings.</param>
    /// <param name="arm">The arm; empty where nothing is compared: all jobs then.</param>
    public static IReadOnlyList<PlannedJob> Chain(ExperimentSpec spec, string arm)
    {
        IReadOnlyList<PlannedJob> all = Plan(spec);
        if (arm.Length == 0)
        {
            return all;
        }

        HashSet<string> shared = [.. all.Where(j => spec.ArmsOf(j.Stage).Count == 1).Select(j => j.Id)];
        string Named(string id) => shared.Contains(id) ? $"{id}-for-{arm}" : id;
        PlannedJob[] own = [.. all.Where(j => shared.Contains(j.Id) || j.Arm.Id == arm)];
        HashSet<string> needed = [.. own.SelectMany(j => j.DependsOn)];
        return [.. own
            .Where(j => !shared.Contains(j.Id) || needed.Contains(j.Id) || j.Stage == spec.PlannedStages[^1])
            .Select(j => j with { Id = Named(j.Id), DependsOn = [.. j.DependsOn.Select(Named)] })];
    }

    /// <summary>The jobs of an experiment whose arms have settings of their own.</summary>
    /// <param name="file">The experiment.</param>
    /// <param name="chosen">Settings by arm.</param>
    public static IReadOnlyList<PlannedJob> Plan(ExperimentFile file, IReadOnlyDictionary<string, IReadOnlyDictionary<string, SpecNode>> chosen) =>
        [.. chosen.SelectMany(c => Chain(file.With(c.Value).Spec, c.Key)
            .Select(j => j with { Chosen = c.Value.ToDictionary(v => v.Key, v => SpecWriter.Flow(v.Value), StringComparer.Ordinal) }))];

    /// <summary>What the arms of the last comparison are about.</summary>
    public static Question QuestionOf(ExperimentSpec spec)
    {
        StageSection? compared = spec.PlannedStages.LastOrDefault(s => spec.ArmsOf(s).Count > 1);
        return compared is null ? Question.Compare : compared.IsTransfer ? Question.Transfer : Question.MultiTask;
    }

    /// <summary>The arms of the run, in the order of the file, each once.</summary>
    public static IReadOnlyList<string> ArmsOf(ExperimentSpec spec) => [.. spec.PlannedStages
        .Where(s => spec.ArmsOf(s).Count > 1)
        .SelectMany(s => spec.ArmsOf(s).Select(a => a.Id))
        .Distinct(StringComparer.Ordinal)];

    /// <summary>The arm that the others are measured against, or null where nothing is compared.</summary>
    public static string? BaselineOf(ExperimentSpec spec)
    {
        StageSection? compared = spec.PlannedStages.LastOrDefault(s => spec.ArmsOf(s).Count > 1);
        if (compared is null)
        {
            return null;
        }

        IReadOnlyList<ArmSection> arms = spec.ArmsOf(compared);
        return compared.Baseline ?? spec.Baseline
            ?? (arms.FirstOrDefault(a => a.Is<ZeroTransfer>() || a.Is<IndependentTasks>()) ?? arms[0]).Id;
    }

    /// <summary>The arm whose models learn one task each: the baseline where it is one, else the first; null where there is none.</summary>
    public static string? SingleTaskOf(ExperimentSpec spec)
    {
        ArmSection[] arms = [.. spec.PlannedStages.Where(s => spec.ArmsOf(s).Count > 1).SelectMany(spec.ArmsOf).Where(a => a.Is<IndependentTasks>())];
        return (arms.FirstOrDefault(a => a.Id == BaselineOf(spec)) ?? arms.FirstOrDefault())?.Id;
    }

    private static List<string> Needs(ExperimentSpec spec, StageSection stage, ArmSection arm, IReadOnlyList<ArmSection> arms, long seed)
    {
        var needs = new List<string>();
        if (stage.From is { } from && !StageSection.IsFile(from))
        {
            StageSection source = spec.PlannedStages.First(s => s.Name == from);
            needs.Add(Id(source, spec.ArmsOf(source).Count > 1 ? spec.ArmsOf(source)[0] : null, seed));
        }

        // Fusion and distillation work on the independent models of the same stage where there are some.
        ArmSection? independent = arms.FirstOrDefault(a => a.Is<IndependentTasks>());
        if (arm.Way.Create() is Arrangement { UsesExperts: true } && independent is not null)
        {
            needs.Add(Id(stage, independent, seed));
        }

        return needs;
    }

    private static string Id(StageSection stage, ArmSection? arm, long seed) =>
        string.Create(CultureInfo.InvariantCulture, $"{stage.Name}{(arm is null ? "" : "-" + arm.Id)}-s{seed}");
}
