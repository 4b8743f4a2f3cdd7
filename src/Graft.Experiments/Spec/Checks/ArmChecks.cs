using Graft.Experiments.Catalogue;
using Graft.MultiTask.Arrangements;

namespace Graft.Experiments.Spec.Checks;

/// <summary>Are the compared arms known, distinct, and of the kind that their stage needs?</summary>
internal static class ArmChecks
{
    public static void Judge(ExperimentSpec spec, Findings findings)
    {
        foreach (StageSection stage in (spec.Stages ?? []).OfType<StageSection>())
        {
            string path = $"stages.{stage.Name}";
            if (stage.Mode is not null && stage.Compare is not null)
            {
                findings.Add(stage.PlaceOf("mode"), $"{path}.mode: expected either mode or compare, got both.");
            }

            Judge(stage.Compare, stage, path, findings);
            Judge(stage.Baseline, stage.Compare, stage, path + ".", findings);
            foreach (ArmSection arm in (stage.Compare ?? []).Append(stage.Mode).OfType<ArmSection>())
            {
                JudgeKind(arm, path, stage.IsTransfer, findings);
            }
        }

        Judge(spec.Compare, spec, "", findings);
        Judge(spec.Baseline, spec.Compare, spec, "", findings);
        if (spec.Compare?.Any(a => a?.Way is null) != false)
        {
            return;
        }

        if (spec.Compare.Count > 0 && !spec.PlannedStages.Any(s => s is not null && s.Compare is null && s.Mode is null && spec.Applies(s)))
        {
            string needed = spec.Compare.All(a => a.IsTransfer) ? "a stage with transfer" : spec.Compare.Any(a => a.IsTransfer) ? "arms of one kind" : "a stage that learns";
            string got = string.Join(", ", spec.Compare.Select(a => a.Id));
            findings.Add(spec.PlaceOf("compare"), $"compare: expected {needed} for these arms, got none: {got}.");
        }
    }

    private static void Judge(IReadOnlyList<ArmSection>? arms, SpecRecord section, string path, Findings findings)
    {
        string prefix = path.Length == 0 ? "compare" : $"{path}.compare";
        if (arms is { Count: 0 })
        {
            findings.Add(section.PlaceOf("compare"), $"{prefix}: expected at least one arm, got an empty list.");
        }

        for (int i = 0; i < (arms?.Count ?? 0); i++)
        {
            if (arms![i] is not { Way: not null } arm)
            {
                continue;
            }

            NameChecks.Judge(arm.Id, prefix, section.PlaceOf("compare", i), findings);
            if (arm.Model is { } model && !arm.Is<JointTasks>() && !arm.Is<IndependentTasks>())
            {
                findings.Add(arm.PlaceOf("model"), $"{prefix}: {arm.Id}.model: expected an arm that makes a model of its own (independent or joint), got '{model.Backbone?.Name}' with {arm.Way.Name}. Name the model in the stage.");
            }

            if (arms.Take(i).Any(a => a?.Id == arm.Id))
            {
                findings.Add(section.PlaceOf("compare", i), $"{prefix}: expected each arm once, got {Ascii.Quote(arm.Id)} again. Tell them apart with a key 'id'.");
            }
        }
    }

    private static void Judge(string? baseline, IReadOnlyList<ArmSection>? arms, SpecRecord section, string prefix, Findings findings)
    {
        if (baseline is not null && arms?.Any(a => a?.Way is null || a.Id == baseline) != true)
        {
            findings.Add(section.PlaceOf("baseline"), NameChecks.Unknown(prefix + "baseline", "arm", baseline, (arms ?? []).Select(a => a.Id)));
        }
    }

    private static void JudgeKind(ArmSection arm, string path, bool isTransfer, Findings findings)
    {
        if (arm.Way is not null && arm.IsTransfer != isTransfer)
        {
            (string needed, string got, string family) = isTransfer
                ? ("a plan of transfer", "an arrangement of several tasks", "plans")
                : ("an arrangement of several tasks", "a plan of transfer", "arrangements");
            findings.Add(arm.PlaceOf("name"), $"{path}: expected {needed}, got '{arm.Way.Name}', which is {got}. `graft list {family}` shows what fits.");
        }
    }
}
