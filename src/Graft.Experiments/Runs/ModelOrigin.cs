namespace Graft.Experiments.Runs;

/// <summary>The training that a model file of a run folder came out of.</summary>
/// <param name="Run">The run.</param>
/// <param name="Job">What came out of the training.</param>
/// <param name="Weights">What the weights began from, here and in the trainings before: names of the hub and files.</param>
public sealed record ModelOrigin(RunRecord Run, JobRecord Job, IReadOnlyList<string> Weights)
{
    private const string Ending = ".graft";

    /// <summary>Finds it: the file lies in the models folder of a run.</summary>
    /// <param name="model">The model file.</param>
    /// <returns>Null where it lies elsewhere, or the run does not know it.</returns>
    /// <exception cref="GraftInputException">The run folder is damaged.</exception>
    public static ModelOrigin? Find(string model)
    {
        string path = Path.GetFullPath(model);
        string? models = Path.GetDirectoryName(path), folder = Path.GetDirectoryName(models);
        if (folder is null || !path.EndsWith(Ending, StringComparison.OrdinalIgnoreCase) || !File.Exists(Path.Combine(folder, "run.json")))
        {
            return null;
        }

        using RunFolder run = RunFolder.Open(folder);
        if (!string.Equals(run.ModelsDirectory, models, StringComparison.Ordinal))
        {
            return null;
        }

        // A job with several models adds a name behind its own.
        string name = Path.GetFileName(path)[..^Ending.Length];
        RunRecord record = run.ReadRun();
        Dictionary<string, JobRecord> jobs = run.ReadJobs(record).ToDictionary(j => j.Id, StringComparer.Ordinal);
        JobRecord? job = jobs.GetValueOrDefault(name) ?? jobs.Values.Where(j => name.StartsWith(j.Id + ".", StringComparison.Ordinal)).MaxBy(j => j.Id.Length);
        return job is null ? null : new ModelOrigin(record, job, Beginnings(job, jobs));
    }

    private static List<string> Beginnings(JobRecord job, Dictionary<string, JobRecord> jobs)
    {
        var found = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<JobRecord>([job]);
        while (open.TryPop(out JobRecord? next))
        {
            if (!seen.Add(next.Id))
            {
                continue;
            }

            if (next.Weights is { } weights && next.DependsOn.Count == 0 && !found.Contains(weights.Source))
            {
                found.Add(weights.Source);
            }

            foreach (string before in next.DependsOn)
            {
                if (jobs.TryGetValue(before, out JobRecord? other))
                {
                    open.Push(other);
                }
            }
        }

        return found;
    }
}
