using System.Globalization;
using Graft.Experiments.Catalogue;

namespace Graft.Experiments.Spec.Checks;

/// <summary>Does every value that a search may try make a valid experiment?</summary>
internal static class SearchChecks
{
    private const int MostTried = 100;

    private static readonly string[] _fixed = ["search", "seeds", "name", "description", "tasks", "data", "compare", "baseline", "checkpoints", "threads", "workers"];

    public static void Judge(ExperimentSpec spec, SpecNode tree, PartCatalogue catalogue, Findings findings)
    {
        if (spec.Search is not { } search)
        {
            return;
        }

        NameChecks.JudgeReferences(search, "search", "tasks", search.Tasks, spec.NamesIn("tasks"), "task", findings);
        string[] judges = [.. search.Tasks ?? spec.PlannedStages[^1].Tasks];
        foreach (string task in judges.Where(t => search.Metric is not null && spec.Tasks.ContainsKey(t) && !search.Metric.Create().AppliesTo(spec.Tasks[t].Type)))
        {
            findings.Add(search.PlaceOf("metric"), $"search.metric: expected a metric of {Spelling.Kebab(spec.Tasks[task].Type.ToString())} tasks such as '{task}', got '{search.Metric!.Name}'.");
        }

        foreach ((string path, RangeSection range) in search.Space)
        {
            string[] keys = path.Split('.');
            if (keys.Any(k => k.Length == 0))
            {
                findings.Add(range.Node?.Place ?? default, $"search.space: expected keys with dots between, got {Ascii.Quote(path)}. Such as optimizer.rate.");
            }
            else if (_fixed.Contains(keys[0]))
            {
                findings.Add(range.Node?.Place ?? default, $"search.space.{path}: expected a setting of the training, got one that decides what is measured.");
            }
            else if (Replaced(spec, keys) is { } replaced)
            {
                findings.Add(range.Node?.Place ?? default, $"search.space.{path}: expected a setting that every arm takes from here, got one that {replaced} has of its own. Leave it out there.");
            }
            else
            {
                JudgeValues(path, range, tree, catalogue, findings);
            }
        }
    }

    // The innermost that says something counts: an arm that has the setting itself would stay as it is beside others that are tuned.
    private static string? Replaced(ExperimentSpec spec, string[] keys)
    {
        bool isStage = keys[0] == "stages" && keys.Length > 2;
        string key = isStage ? keys[2] : keys[0];
        StageSection[] stages = [.. spec.PlannedStages.Where((s, i) => isStage ? keys[1] == s.Name || keys[1] == i.ToString(CultureInfo.InvariantCulture) : !Has(s, key))];
        return stages.Length == 0 && !isStage ? "every stage"
            : stages.SelectMany(spec.ArmsOf).FirstOrDefault(a => Has(a, key)) is { } arm ? $"arm '{arm.Id}'"
            : null;
    }

    private static bool Has(SpecRecord section, string key) => section.Node is SpecMap map && map.Find(key) is not null;

    private static void JudgeValues(string path, RangeSection range, SpecNode tree, PartCatalogue catalogue, Findings findings)
    {
        IEnumerable<SpecNode> tried = range.Choices?.Take(MostTried) ?? range.Samples.Select(range.Write);
        foreach (SpecNode value in tried)
        {
            Place place = value.Place == default ? range.Node?.Place ?? default : value.Place;
            var found = new Findings();
            try
            {
                _ = catalogue.Bind<ExperimentSpec>(SpecOverride.Set(tree, path, value), found);
            }
            catch (GraftInputException e)
            {
                found.Add(e.Findings[0]);
            }

            if (found.Count > 0)
            {
                string message = found.Sorted[0].Message;
                message = message.StartsWith(path + ": ", StringComparison.Ordinal) ? message[(path.Length + 2)..] : message;
                string hint = message.StartsWith("expected an integer", StringComparison.Ordinal) && range.Low is not null && !range.Integer ? " Add integer: true." : "";
                findings.Add(place, $"search.space.{path}: {SpecWriter.Flow(value)} does not fit: {message}{hint}");
                return;
            }
        }
    }
}
