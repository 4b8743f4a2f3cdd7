using Graft.MultiTask.Architectures;
using Graft.MultiTask.Arrangements;

namespace Graft.Experiments.Spec.Checks;

/// <summary>Do the stages learn tasks that are there, from stages that come before, in ways that apply?</summary>
internal static class StageChecks
{
    private static readonly string[] _ofTransfer = ["rehearse", "objective"];

    public static void Judge(ExperimentSpec spec, Findings findings)
    {
        if (spec.Stages is { Count: 0 })
        {
            findings.Add(spec.PlaceOf("stages"), "stages: expected at least one stage, got an empty list.");
        }

        IReadOnlyList<StageSection> stages = spec.Stages ?? [];
        for (int i = 0; i < stages.Count; i++)
        {
            if (stages[i] is null)
            {
                continue;
            }

            string path = $"stages.{stages[i].Name}";
            NameChecks.Judge(stages[i].Name, "stages.name", stages[i].PlaceOf("name"), findings);
            if (stages.Take(i).Any(s => s?.Name == stages[i].Name))
            {
                findings.Add(stages[i].PlaceOf("name"), $"stages.name: expected each name once, got {Ascii.Quote(stages[i].Name)} again.");
            }

            JudgeTasks(spec, path, stages[i], findings);
            JudgeFrom(spec, path, stages[i], [.. stages.Take(i)], findings);
            JudgeParts(spec, path, stages[i], findings);
        }

        ArmChecks.Judge(spec, findings);
        SharedModelChecks.Judge(spec, findings);
    }

    private static void JudgeTasks(ExperimentSpec spec, string path, StageSection stage, Findings findings)
    {
        if (stage.Learn is null == stage.Transfer is null)
        {
            findings.Add(stage.Node?.Place ?? default, $"{path}: expected either learn or transfer with names of tasks, got {(stage.Learn is null ? "neither" : "both")}.");
        }

        NameChecks.JudgeReferences(stage, path, "learn", stage.Learn, spec.NamesIn("tasks"), "task", findings);
        NameChecks.JudgeReferences(stage, path, "transfer", stage.Transfer, spec.NamesIn("tasks"), "task", findings);
        NameChecks.JudgeReferences(stage, path, "evaluate", stage.Evaluate, spec.NamesIn("tasks"), "task", findings);
    }

    private static void JudgeFrom(ExperimentSpec spec, string path, StageSection stage, StageSection?[] earlier, Findings findings)
    {
        if (stage.From is null)
        {
            // A model that could not be read has been spoken of.
            if (stage.IsTransfer && (stage.Model ?? spec.Model) is { IsPretrained: false })
            {
                string hint = earlier.Length == 0 ? "Add a stage before it that learns, or give the model pretrained weights." : $"Such as from: {spec.NamesIn("stages")[earlier.Length - 1]}.";
                findings.Add(stage.PlaceOf("from"), $"{path}: expected a key 'from' with an earlier stage or a model file, got none. {hint}");
            }

            return;
        }

        if (StageSection.IsFile(stage.From))
        {
            return;
        }

        string[] known = [.. spec.NamesIn("stages").Take(earlier.Length)];
        StageSection? source = earlier.FirstOrDefault(s => s?.Name == stage.From);
        if (!known.Contains(stage.From))
        {
            findings.Add(stage.PlaceOf("from"), NameChecks.Unknown($"{path}.from", "earlier stage", stage.From, known));
        }
        else if (source is not null && spec.ArmsOf(source) is { Count: > 1 } arms)
        {
            findings.Add(stage.PlaceOf("from"), $"{path}.from: expected a stage with one way to learn, got '{source.Name}', which compares {string.Join(", ", arms.Select(a => a?.Id))}.");
        }
        else if (source is not null && spec.ArmsOf(source) is [{ Way: not null } way] && HasSeveralModels(way, source))
        {
            findings.Add(stage.PlaceOf("from"), $"{path}.from: expected a stage that learns one model, got '{source.Name}', which learns several ({way.Way.Name}). Learn it with joint.");
        }
        else if (source is not null && ArchitectureOf(spec, source) is { } architecture)
        {
            findings.Add(stage.PlaceOf("from"), $"{path}.from: expected a stage whose tasks share one trunk, which can be carried to others, got '{source.Name}' with the architecture '{architecture}'. Learn it with hard-sharing.");
        }
    }

    private static bool HasSeveralModels(ArmSection way, StageSection stage) =>
        way.Is<GroupedTasks>() || ((way.Is<IndependentTasks>() || way.Is<FusedTasks>()) && stage.Tasks.Count > 1);

    // The name of what a stage's tasks share where that is not one trunk, or null.
    private static string? ArchitectureOf(ExperimentSpec spec, StageSection stage) =>
        spec.Training is { } outer && stage.Training is { } own && spec.ArmsOf(stage) is [{ Way: not null, Training: { } inner, SharesModel: true }]
        && inner.Within(own.Within(outer)).Architecture is { } architecture && architecture.Type != typeof(HardSharing) ? architecture.Name : null;

    private static void JudgeParts(ExperimentSpec spec, string path, StageSection stage, Findings findings)
    {
        if (stage.Rehearse is { } rehearse)
        {
            NameChecks.JudgeReferences(rehearse, $"{path}.rehearse", "tasks", rehearse.Tasks, spec.NamesIn("tasks"), "task", findings);
            for (int i = 0; i < rehearse.Tasks.Count; i++)
            {
                if (stage.Tasks.Contains(rehearse.Tasks[i], StringComparer.Ordinal))
                {
                    findings.Add(rehearse.PlaceOf("tasks", i), $"{path}.rehearse.tasks: expected tasks of earlier stages, got {Ascii.Quote(rehearse.Tasks[i])}, which this stage learns.");
                }
            }
        }

        foreach (string key in _ofTransfer.Where(k => !stage.IsTransfer && (stage.Node as SpecMap)?.Find(k) is not null))
        {
            findings.Add(stage.PlaceOf(key), $"{path}.{key}: expected only with transfer, got it with learn.");
        }
    }
}
