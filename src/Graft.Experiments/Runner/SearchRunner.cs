using System.Globalization;
using System.Text.Json;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Tasks.Metrics;
using Graft.Tensors.Random;

namespace Graft.Experiments.Runner;

/// <summary>Chooses settings for every arm by trying them out: the same number of trials for each, judged on validation rows only, with the first seed.</summary>
/// <remarks>
/// <para>Every arm tries the same settings. Random: each with all epochs. Halving: all with a share eta^-r of the epochs, the better one in eta again, from the
/// start, with eta times as many, until all epochs are reached (Jamieson and Talwalkar, AISTATS 2016, with training anew in each round).</para>
/// <para>A trial runs the whole chain of stages that its arm needs. Test rows are not looked at.</para>
/// </remarks>
internal sealed class SearchRunner(ExperimentFile file, DataPreparation data, RunFolder folder, IRunObserver? observer)
{
    private readonly SearchSection _search = file.Spec.Search!;
    private readonly List<TrialRecord> _trials = [];

    private string Path => System.IO.Path.Combine(folder.DirectoryPath, "search.json");

    /// <summary>The settings chosen for each arm; "" stands for an experiment that compares nothing.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled; finished trials are kept.</exception>
    public Dictionary<string, IReadOnlyDictionary<string, SpecNode>> Choose(CancellationToken cancel)
    {
        if (File.Exists(Path))
        {
            _trials.AddRange(Read());
        }

        IReadOnlyList<string> arms = JobPlanner.ArmsOf(file.Spec) is { Count: > 0 } several ? several : [""];
        Dictionary<string, SpecNode>[] drawn = [.. Enumerable.Range(1, _search.Trials).Select(Draw)];
        return arms.ToDictionary(a => a, a => (IReadOnlyDictionary<string, SpecNode>)drawn[Best(a, drawn, cancel) - 1], StringComparer.Ordinal);
    }

    private int Best(string arm, Dictionary<string, SpecNode>[] drawn, CancellationToken cancel)
    {
        int[] left = [.. Enumerable.Range(1, drawn.Length)];
        int rounds = _search.Method == SearchMethod.Halving ? (int)Math.Floor(Math.Log(drawn.Length, _search.Eta) + 1e-9) : 0;
        for (int round = rounds; ; round--)
        {
            double share = Math.Pow(_search.Eta, -round);
            int[] ranked = [.. left
                .Select(t => (Trial: t, Score: Score(arm, t, share, drawn[t - 1], cancel)))
                .OrderByDescending(t => t.Score ?? double.NegativeInfinity).ThenBy(t => t.Trial)
                .Select(t => t.Trial)];
            if (round == 0)
            {
                return ranked[0];
            }

            left = ranked[..Math.Max(1, left.Length / _search.Eta)];
        }
    }

    private double? Score(string arm, int trial, double share, Dictionary<string, SpecNode> values, CancellationToken cancel)
    {
        if (_trials.FirstOrDefault(t => t.Arm == arm && t.Trial == trial && t.Share == share) is { } earlier)
        {
            return earlier.Score;
        }

        observer?.Preparing(string.Create(CultureInfo.InvariantCulture, $"search {(arm.Length == 0 ? "" : arm + " ")}trial {trial} of {_search.Trials}, {share:P0} of the epochs"));
        ExperimentSpec spec = file.With(values).Spec;
        PlannedJob[] chain = [.. JobPlanner.Chain(spec, arm).Where(j => j.Seed == spec.Seeds[0]).Select(j => j with { Training = Shorten(j.Training, share) })];
        using RunFolder scratch = RunFolder.Create(System.IO.Path.Combine(folder.DirectoryPath, "search"), "trial");
        try
        {
            var models = new ModelStore(scratch);
            var runner = new JobRunner(spec, data, scratch, models, null, resume: false, validationOnly: true);
            JobRecord[] records = [.. chain.Select(j => runner.Run(j, cancel))];
            double? score = Judge(records);
            _trials.Add(new TrialRecord(arm, trial, share, values.ToDictionary(v => v.Key, v => SpecWriter.Flow(v.Value), StringComparer.Ordinal), score));
            AtomicFile.Write(Path, JsonSerializer.SerializeToUtf8Bytes(new SearchRecord(_trials), SearchJson.Default.SearchRecord));
            return score;
        }
        catch (Training.TrainingDivergedException)
        {
            _trials.Add(new TrialRecord(arm, trial, share, values.ToDictionary(v => v.Key, v => SpecWriter.Flow(v.Value), StringComparer.Ordinal), null));
            return null;
        }
        finally
        {
            Directory.Delete(scratch.DirectoryPath, recursive: true);
        }
    }

    private double? Judge(JobRecord[] records)
    {
        IReadOnlyList<string> judges = _search.Tasks ?? file.Spec.PlannedStages[^1].Tasks;
        var scores = new List<double>();
        foreach (PreparedTask task in judges.SelectMany(t => data.TasksOf(t, file.Spec.Seeds[0])))
        {
            Metric metric = _search.Metric?.Create() ?? task.Primary;
            TaskRecord? result = records.SelectMany(r => r.Results).LastOrDefault(r => r.Task == task.Name);
            if (result is null || !result.Validation.TryGetValue(metric.Name, out double value))
            {
                throw new GraftInputException("", $"search: expected validation rows and the metric '{metric.Name}' for task '{task.Name}', got none. Give its data set a validation side, and name the metric among the task's.");
            }

            scores.Add(metric.HigherIsBetter ? value : -value);
        }

        double mean = scores.Average();
        return double.IsFinite(mean) ? mean : null;
    }

    private Dictionary<string, SpecNode> Draw(int trial)
    {
        RandomStream random = RandomStream.For((ulong)_search.Seed, "search", (ulong)trial);
        var values = new Dictionary<string, SpecNode>(StringComparer.Ordinal);
        foreach ((string key, RangeSection range) in _search.Space.OrderBy(s => s.Key, StringComparer.Ordinal))
        {
            values[key] = range.Choices is { } choices ? choices[random.NextInt(choices.Count)]
                : range.Scale == RangeScale.Log ? range.Write(range.Low!.Value * Math.Pow(range.High!.Value / range.Low.Value, random.NextDouble()))
                : range.Write(range.Low!.Value + ((range.High!.Value - range.Low.Value) * random.NextDouble()));
        }

        return values;
    }

    private static TrainingSection Shorten(TrainingSection training, double share) =>
        training with { Epochs = Math.Max(1, (int)Math.Round((training.Epochs ?? 10) * share)) };

    private IReadOnlyList<TrialRecord> Read()
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path), SearchJson.Default.SearchRecord)?.Trials ?? throw new JsonException("it is empty");
        }
        catch (JsonException e)
        {
            throw new GraftInputException(Path, $"expected the trials of a search, got damaged JSON: {e.Message.Split('\n')[0].TrimEnd('.')}. Delete the file to search anew.", inner: e);
        }
    }
}
