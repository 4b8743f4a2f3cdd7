using Graft.Tasks;

namespace Graft.Experiments.Spec.Checks;

/// <summary>Do the tasks fit the data sets, and each other?</summary>
internal static class TaskChecks
{
    public static void Judge(ExperimentSpec spec, Findings findings)
    {
        NameChecks.JudgeKeys(spec, "data", findings);
        NameChecks.JudgeKeys(spec, "tasks", findings);
        JudgeNotEmpty(spec, "data", findings);
        JudgeNotEmpty(spec, "tasks", findings);
        foreach ((string name, DataSection data) in spec.Data)
        {
            if (data.Augment is { Count: > 0 } changes && changes.All(c => c is not null && !c.Create().IsRandom))
            {
                findings.Add(data.PlaceOf("augment"), $"data.{name}.augment: expected at least one random change, got {string.Join(", ", changes.Select(c => c.Name))}. What is to happen to every picture belongs to the source or to inputs.");
            }
        }

        foreach ((string name, DataSection data) in spec.Data.Where(d => d.Value.InputsOf is not null))
        {
            JudgeInputsOf(spec, $"data.{name}.inputs-of", name, data, findings);
        }

        foreach ((string name, TaskSection task) in spec.Tasks)
        {
            Judge(spec, $"tasks.{name}", task, findings);
        }

        JudgeHeads(spec, findings);
    }

    private static void JudgeInputsOf(ExperimentSpec spec, string path, string name, DataSection data, Findings findings)
    {
        string of = data.InputsOf!;
        if (data.Inputs is not null)
        {
            findings.Add(data.PlaceOf("inputs-of"), $"{path}: expected no inputs beside it, got both. Say them at {of}.");
        }

        if (StageSection.IsFile(of))
        {
            return;
        }

        if (!spec.NamesIn("data").Contains(of))
        {
            findings.Add(data.PlaceOf("inputs-of"), NameChecks.Unknown(path, "data set", of, spec.NamesIn("data")));
        }
        else if (of == name || spec.Data.GetValueOrDefault(of)?.InputsOf is not null)
        {
            findings.Add(data.PlaceOf("inputs-of"), $"{path}: expected a data set with inputs of its own, got {Ascii.Quote(of)}.");
        }
    }

    private static void JudgeNotEmpty(ExperimentSpec spec, string key, Findings findings)
    {
        if ((spec.Node as SpecMap)?.Find(key)?.Value is SpecMap { Entries.Count: 0 })
        {
            findings.Add(spec.PlaceOf(key), $"{key}: expected at least one, got none.");
        }
    }

    private static void Judge(ExperimentSpec spec, string path, TaskSection task, Findings findings)
    {
        if (task.Data is null && spec.NamesIn("data").Count > 1)
        {
            findings.Add(task.PlaceOf("data"), $"{path}: expected a key 'data' with the name of a data set, got none. There are {string.Join(", ", spec.NamesIn("data").Take(20))}.");
        }
        else if (task.Data is not null && !spec.NamesIn("data").Contains(task.Data))
        {
            findings.Add(task.PlaceOf("data"), NameChecks.Unknown($"{path}.data", "data set", task.Data, spec.NamesIn("data")));
        }

        if (task.Type is TaskKind.Binary or TaskKind.MultiClass && task.Target.Count > 1)
        {
            findings.Add(task.PlaceOf("target"), $"{path}.target: expected one column for {Spelling.Kebab(task.Type.ToString())}, got {task.Target.Count}. Make a task for each.");
        }

        if (task.Positive is not null && task.Type != TaskKind.Binary)
        {
            findings.Add(task.PlaceOf("positive"), $"{path}.positive: expected only for binary tasks, got it for {Spelling.Kebab(task.Type.ToString())}.");
        }

        if (task.Type == TaskKind.Regression && task.LabelSmoothing > 0)
        {
            findings.Add(task.PlaceOf("label-smoothing"), $"{path}.label-smoothing: expected only where there are classes, got it for regression.");
        }

        if (task.Type == TaskKind.Regression && task.Balance)
        {
            findings.Add(task.PlaceOf("balance"), $"{path}.balance: expected only where there are classes, got it for regression.");
        }

        for (int i = 0; i < (task.Metrics?.Count ?? 0); i++)
        {
            if (task.Metrics![i] is not null && !task.Metrics![i].Create().AppliesTo(task.Type))
            {
                findings.Add(task.PlaceOf("metrics", i), $"{path}.metrics: expected a metric of {Spelling.Kebab(task.Type.ToString())} tasks, got '{task.Metrics[i].Name}'.");
            }
        }

        if (spec.DataOf(task) is { } data)
        {
            JudgeColumns(path, task, data, findings);
        }
    }

    // A target that the model also sees would be learned by heart.
    private static void JudgeColumns(string path, TaskSection task, DataSection data, Findings findings)
    {
        for (int i = 0; i < task.Target.Count; i++)
        {
            if (data.Inputs?.Columns?.Contains(task.Target[i], StringComparer.Ordinal) == true)
            {
                findings.Add(task.PlaceOf("target", i), $"{path}.target: expected a column that is no input, got {Ascii.Quote(task.Target[i])}, which the data set's inputs name.");
            }

            if (task.Target[i] == task.Each)
            {
                findings.Add(task.PlaceOf("each"), $"{path}.each: expected another column than the target, got {Ascii.Quote(task.Each)}.");
            }
        }
    }

    private static void JudgeHeads(ExperimentSpec spec, Findings findings)
    {
        foreach (IGrouping<string?, KeyValuePair<string, TaskSection>> head in spec.Tasks.Where(t => t.Value.Head is not null).GroupBy(t => t.Value.Head))
        {
            KeyValuePair<string, TaskSection> first = head.First();
            NameChecks.Judge(head.Key!, $"tasks.{first.Key}.head", first.Value.PlaceOf("head"), findings);
            foreach ((string name, TaskSection task) in head.Where(t => t.Value.Type != first.Value.Type || t.Value.Target.Count != first.Value.Target.Count))
            {
                findings.Add(task.PlaceOf("head"), $"tasks.{name}.head: expected tasks of one type and number of targets at head '{head.Key}', got {Describe(task)} beside {Describe(first.Value)} of '{first.Key}'.");
            }
        }
    }

    private static string Describe(TaskSection task) => $"{Spelling.Kebab(task.Type.ToString())} with {task.Target.Count} target{(task.Target.Count == 1 ? "" : "s")}";
}
