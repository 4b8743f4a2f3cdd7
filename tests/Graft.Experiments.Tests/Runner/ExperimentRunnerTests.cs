using Graft.Data;
using Graft.Experiments.Reports;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;
using Graft.Tasks;

namespace Graft.Experiments.Tests.Runner;

public sealed class ExperimentRunnerTests : IDisposable
{
    private const string Transfer = """
        name: tiny
        seeds: 2
        epochs: 2
        batch: 16
        data:
          letters: { source: glyphs, kind: letters, rows: 200, size: 16, split: { test: 0.2, validation: 0.2 }, inputs: { } }
          digits: { source: glyphs, kind: digits, rows: 160, size: 16, split: { test: 60, validation: 40, train: 40, stratify: label } }
        tasks:
          letter: { data: letters, type: multi-class, target: label }
          digit: { data: digits, type: multi-class, target: label }
        model: { name: cnn, channels: [4, 8], dense: 16, dropout: 0.2 }
        optimizer: { name: adam, rate: 0.002 }
        stages:
          - { name: known, learn: [letter] }
          - { name: new, transfer: [digit], from: known, compare: [scratch, partial, full] }
        """;

    private const string Tables = """
        name: tables
        seeds: 2
        epochs: 3
        data: { t: { source: make-classification, rows: 160, features: 6, classes: 2, tasks: 2, split: { test: 0.3, validation: 0.2 } } }
        tasks:
          a: { type: multi-class, target: label-0 }
          b: { type: multi-class, target: label-1 }
        model: { name: mlp, hidden: [8] }
        optimizer: { name: adam, rate: 0.01 }
        compare: [independent, joint, fusion, distill]
        """;

    private const string Architectures = """
        name: shared
        epochs: 2
        data: { t: { source: make-classification, rows: 120, features: 6, classes: 2, tasks: 2, split: { test: 0.3, validation: 0.2 } } }
        tasks:
          a: { type: multi-class, target: label-0 }
          b: { type: multi-class, target: label-1 }
        model: { name: mlp, hidden: [8] }
        compare: [independent, joint, { name: joint, id: shared, architecture: hard-sharing }, { name: distill, architecture: hard-sharing }]
        """;

    private readonly string _home = Directory.CreateTempSubdirectory("graft-runner-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void An_architecture_is_learned_jointly_and_kept_with_its_model()
    {
        string path = Run(Architectures);

        using RunFolder folder = RunFolder.Open(path);
        IReadOnlyList<JobRecord> jobs = folder.ReadJobs(folder.ReadRun());
        JobRecord joint = jobs.First(j => j.Arm == "joint"), shared = jobs.First(j => j.Arm == "shared");
        Assert.Equal(joint.Results.Select(r => r.Test["accuracy"]), shared.Results.Select(r => r.Test["accuracy"]));
        Assert.Equal(["HardSharing", "HardSharing", null, null], ((string[])["learn-shared-s1", "learn-distill-s1", "learn-joint-s1", "learn-independent-s1.a"])
            .Select(m => TrainedModel.Open(Path.Combine(folder.ModelsDirectory, m + ".graft")).Model.Sharing?.ToString()));
    }

    [Fact]
    public void A_transfer_is_compared_over_arms_and_seeds_and_leaves_models_events_and_a_report()
    {
        string path = Run(Transfer);

        using RunFolder folder = RunFolder.Open(path);
        RunRecord run = folder.ReadRun();
        IReadOnlyList<JobRecord> jobs = folder.ReadJobs(run);
        Assert.Equal(RunStatus.Done, run.Status);
        Assert.Equal(8, jobs.Count);
        Assert.All(jobs, j => Assert.Equal(RunStatus.Done, j.Status));
        Assert.Equal(["scratch", "partial", "full"], folder.ReadComparison()!.Comparison.Where(c => c.Metric == "accuracy").Select(c => c.Arm));
        Assert.All(folder.ReadComparison()!.Comparison, c => Assert.Equal(2, c.Seeds));
        JobRecord full = jobs.First(j => j.Arm == "full"), partial = jobs.First(j => j.Arm == "partial"), scratch = jobs.First(j => j.Arm == "scratch");
        Assert.Null(scratch.Weights);
        Assert.Equal(6, full.Weights!.Carried.Count);
        Assert.Empty(full.Weights.Frozen);
        Assert.Equal(6, partial.Weights!.Frozen.Count);
        Assert.True(partial.TrainableParameters < full.TrainableParameters);
        Assert.True(File.Exists(folder.ReportFile));
        Assert.True(File.Exists(Path.Combine(folder.ModelsDirectory, "new-full-s1.graft")));
        Assert.Contains(folder.ReadEvents("new-full-s1"), e => e is { Event: "evaluated", Task: "digit", Split: "validation" });
    }

    [Fact]
    public void The_same_experiment_gives_the_same_bytes_whatever_the_threads()
    {
        string one = Run(Transfer, threads: 1), two = Run(Transfer, threads: 4);

        AssertSame(one, two);
    }

    [Fact]
    public void A_run_that_was_cancelled_again_and_again_ends_with_the_same_bytes()
    {
        string whole = Run(Transfer);
        string broken = "";
        int stops = 0;
        for (int limit = 3; broken.Length == 0; limit += 5)
        {
            using var cancel = new CancellationTokenSource();
            var observer = new Canceller(limit, cancel);
            try
            {
                broken = stops == 0
                    ? ExperimentRunner.Run(Parse(Transfer), Options("broken"), observer, cancel.Token)
                    : ExperimentRunner.Resume(Path.Combine(_home, "broken", "tiny"), Options("broken"), observer, cancel.Token);
            }
            catch (OperationCanceledException)
            {
                stops++;
                using RunFolder folder = RunFolder.Open(Path.Combine(_home, "broken", "tiny"));
                Assert.Equal(RunStatus.Interrupted, folder.ReadRun().Status);
            }
        }

        Assert.True(stops > 2);
        AssertSame(whole, broken);
    }

    [Fact]
    public void Several_tasks_are_learned_independently_jointly_fused_and_distilled()
    {
        string path = Run(Tables);

        using RunFolder folder = RunFolder.Open(path);
        ComparisonRecord comparison = folder.ReadComparison()!;
        Assert.Equal(["independent", "joint", "fusion", "distill"], comparison.Comparison.Where(c => c is { Task: "a", Metric: "accuracy" }).Select(c => c.Arm));
        Assert.Equal(["independent", "joint", "fusion", "distill"], comparison.Summary.Where(c => c.Metric == "accuracy").Select(c => c.Arm));
    }

    [Fact]
    public void A_search_gives_every_arm_the_same_trials_and_goes_on_where_it_was()
    {
        string text = Tables.Replace("[independent, joint, fusion, distill]", "[independent, joint]", StringComparison.Ordinal)
            + "\nsearch: { trials: 3, space: { optimizer.rate: { low: 1e-4, high: 1e-1, scale: log } } }";
        string whole = Run(text);
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => ExperimentRunner.Run(Parse(text), Options("broken"), new Canceller(4, cancel), cancel.Token));

        string broken = ExperimentRunner.Resume(Path.Combine(_home, "broken", "tables"), Options("broken"));

        Assert.Equal(File.ReadAllText(Path.Combine(whole, "search.json")), File.ReadAllText(Path.Combine(broken, "search.json")));
        using RunFolder folder = RunFolder.Open(whole);
        Assert.All(folder.ReadJobs(folder.ReadRun()), j => Assert.Equal(["optimizer.rate"], j.Chosen.Keys));
        AssertSame(whole, broken);
    }

    [Fact]
    public void A_run_goes_on_with_the_rows_that_it_began_with_and_no_others()
    {
        const string Text = """
            name: rows
            epochs: 200
            data: { t: { source: csv, path: all.csv, encoding: "latin-1", header: true, missing: [x, "1e9"], delimiter: ',', test: { source: csv, path: test.csv }, split: { validation: 0 } } }
            tasks: { y: { type: regression, target: y } }
            model: { name: mlp, hidden: [4] }
            """;
        string table = Path.Combine(_home, "all.csv"), test = Path.Combine(_home, "test.csv"), run = Path.Combine(_home, "broken", "rows");
        string rows = "a,y\n" + string.Concat(Enumerable.Repeat("1,2\n2,3\n", 20));
        File.WriteAllText(table, rows);
        File.WriteAllText(test, rows);
        string whole = Run(Text);
        using var cancel = new CancellationTokenSource();
        Assert.ThrowsAny<OperationCanceledException>(() => ExperimentRunner.Run(Parse(Text), Options("broken"), new Canceller(4, cancel), cancel.Token));

        foreach (string changed in (string[])[table, test])
        {
            File.WriteAllText(changed, rows.Replace("2,3", "2,3.5", StringComparison.Ordinal));
            var e = Assert.Throws<GraftInputException>(() => ExperimentRunner.Resume(run, Options("broken")));
            Assert.Equal("data.t: expected the rows that the run began with, got others. Bring the old files back, or begin a new run.", e.Message);
            File.WriteAllText(changed, rows);
        }

        AssertSame(whole, ExperimentRunner.Resume(run, Options("broken")));
    }

    [Fact]
    public void What_does_not_fit_is_said_before_anything_is_written()
    {
        string text = Transfer.Replace("size: 16, split: { test: 60", "size: 8, split: { test: 60", StringComparison.Ordinal).Replace("channels: [4, 8]", "channels: [4, 8, 8, 8]", StringComparison.Ordinal);

        var e = Assert.Throws<GraftInputException>(() => Run(text));

        Assert.Equal("stages.new: Cnn(4, 8, 8, 8; 16): expected pictures of at least 16 x 16 pixels, got picture [8, 8, 1]. Use fewer convolutions.", e.Message);
        Assert.False(Directory.Exists(Path.Combine(_home, "runs")));
    }

    // The tests' pictures are looked at beside the training, which would reach them at its end only: 100,000 epochs later.
    [Fact]
    public void A_picture_that_cannot_be_read_ends_the_training_early()
    {
        foreach (string side in (string[])["train", "test"])
        {
            foreach ((string label, byte shade) in ((string, byte)[])[("a", 20), ("b", 200)])
            {
                string folder = Directory.CreateDirectory(Path.Combine(_home, side, label)).FullName;
                byte[] png = Thumbnail.Png(new Picture(8, 8, 1, [.. Enumerable.Repeat(shade, 64)]));
                for (int i = 0; i < 4; i++)
                {
                    File.WriteAllBytes(Path.Combine(folder, $"{i}.png"), side == "test" && i == 3 ? png[..^20] : png);
                }
            }
        }

        var e = Assert.Throws<GraftInputException>(() => Run("""
            name: damaged
            epochs: 100000
            data: { p: { source: folder, path: train, test: { source: folder, path: test }, split: { test: 0, validation: 0 } } }
            tasks: { t: { type: multi-class, target: label } }
            model: { name: cnn, channels: [2], dense: 4 }
            """));

        Assert.Contains("3.png", e.Message, StringComparison.Ordinal);
        using RunFolder run = RunFolder.Open(Path.Combine(_home, "runs", "damaged"));
        Assert.Equal(RunStatus.Failed, run.ReadRun().Status);
    }

    [Fact]
    public void Rehearsal_and_the_parts_of_an_objective_are_reported_as_curves()
    {
        string text = Transfer.Replace(
            "compare: [scratch, partial, full] }",
            "rehearse: [letter], objective: { source: 0.5, target: 1, shared: { weight: 0.1, reference: source-output }, task: 0.2 } }",
            StringComparison.Ordinal).Replace("seeds: 2", "seeds: 1", StringComparison.Ordinal);

        string path = Run(text);

        using RunFolder folder = RunFolder.Open(path);
        RunEvent epoch = folder.ReadEvents("new-s1").First(e => e.Event == "epoch");
        Assert.Superset(new HashSet<string> { "source", "target", "shared", "task" }, epoch.Parts!.Keys.ToHashSet());
        Assert.Contains("letter", epoch.Losses!.Keys);
    }

    // Twelve rows of each of three tasks in batches of four: mixed, 36 rows are nine steps; apart, each task has three batches, side by side.
    [Fact]
    public void Tasks_of_one_table_can_have_batches_of_their_own()
    {
        const string Text = """
            name: apart
            epochs: 1
            batch: 4
            data: { t: { source: linear-tasks, tasks: 3, rows: 20, features: 3, split: { test: 0.2, validation: 0.2, stratify: task } } }
            tasks: { linear: { type: regression, target: target, each: task, apart: true } }
            model: { name: mlp, hidden: [4] }
            """;
        static long StepsOf(string run)
        {
            using RunFolder folder = RunFolder.Open(run);
            return folder.ReadJobs(folder.ReadRun())[0].Steps;
        }

        Assert.Equal(3, StepsOf(Run(Text)));
        Assert.Equal(9, StepsOf(Run(Text.Replace(", apart: true", "", StringComparison.Ordinal))));
        Assert.Contains("expected a column 'each' whose values make tasks, got none.", Assert.Throws<GraftInputException>(() => Run(Text.Replace("each: task, ", "", StringComparison.Ordinal))).Message, StringComparison.Ordinal);
    }

    // 6 -> 8 and 6 -> 3 with a bias each, then a head of two classes for each of two tasks.
    [Fact]
    public void Arms_can_have_models_of_their_own_where_they_make_one()
    {
        string text = Tables.Replace("[independent, joint, fusion, distill]", "[joint, { name: joint, id: narrow, model: { name: mlp, hidden: [3] } }]", StringComparison.Ordinal);

        string path = Run(text);

        using RunFolder folder = RunFolder.Open(path);
        IReadOnlyList<JobRecord> jobs = folder.ReadJobs(folder.ReadRun());
        Assert.Equal(56 + (2 * 18), jobs.First(j => j.Arm == "joint").Parameters);
        Assert.Equal(21 + (2 * 8), jobs.First(j => j.Arm == "narrow").Parameters);
        Assert.Contains(
            "compare: fusion.model: expected an arm that makes a model of its own (independent or joint), got 'linear' with fusion.",
            Assert.Throws<GraftInputException>(() => Run(Tables.Replace("[independent, joint, fusion, distill]", "[joint, { name: fusion, model: linear }]", StringComparison.Ordinal))).Message,
            StringComparison.Ordinal);
    }

    private string Run(string text, int? threads = null) => ExperimentRunner.Run(Parse(text), Options("runs") with { Threads = threads });

    private ExperimentFile Parse(string text) => ExperimentFile.Parse(Path.Combine(_home, "tiny.yaml"), text);

    private RunOptions Options(string name) => new(Path.Combine(_home, name));

    private static void AssertSame(string one, string two)
    {
        foreach (string file in Directory.EnumerateFiles(Path.Combine(one, "models")).Append(Path.Combine(one, "events.jsonl")))
        {
            string other = Path.Combine(two, Path.GetRelativePath(one, file));
            Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(File.ReadAllBytes(other)), Path.GetFileName(file));
        }

        using RunFolder a = RunFolder.Open(one), b = RunFolder.Open(two);
        Assert.Equal(
            a.ReadComparison()!.Comparison.Select(c => (c.Arm, c.Task, c.Metric, c.Mean, c.Std)),
            b.ReadComparison()!.Comparison.Select(c => (c.Arm, c.Task, c.Metric, c.Mean, c.Std)));
    }

    /// <summary>Cancels after so many signs of progress.</summary>
    private sealed class Canceller(int limit, CancellationTokenSource cancel) : IRunObserver
    {
        private int _seen;

        public void Began(RunRecord run, string folder)
        {
        }

        public void Preparing(string what) => Count(what.StartsWith("search", StringComparison.Ordinal));

        public void JobBegan(JobPlan job)
        {
        }

        public void JobProgress(JobPlan job, long steps, long total, double objective) => Count(true);

        public void JobEnded(JobRecord result)
        {
        }

        private void Count(bool counts)
        {
            if (counts && ++_seen == limit)
            {
                cancel.Cancel();
            }
        }
    }
}
