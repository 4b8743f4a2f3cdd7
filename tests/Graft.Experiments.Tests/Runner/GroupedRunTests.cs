using Graft.Experiments.Reports;
using Graft.Experiments.Runner;
using Graft.Experiments.Runs;
using Graft.Experiments.Spec;

namespace Graft.Experiments.Tests.Runner;

public sealed class GroupedRunTests : IDisposable
{
    private const string Text = """
        name: groups
        steps: 120
        batch: 32
        data:
          t:
            source: clustered-tasks
            tasks: 4
            clusters: 2
            rows: 120
            features: 8
            noise: 0.3
            split: { test: 0.5, stratify: task, validation: 0 }
            inputs: { columns: [features] }
        tasks:
          t: { type: regression, target: target, each: task, metrics: [rmse] }
        model: { name: mlp, hidden: [1], activation: none }
        optimizer: { name: adam, rate: 0.02 }

        """;

    private readonly string _home = Directory.CreateTempSubdirectory("graft-groups-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Theory]
    [InlineData("{ name: look-ahead, every: 2 }")]
    [InlineData("{ name: gradient-cosine, every: 2 }")]
    [InlineData("{ name: representation, rows: 60 }")]
    [InlineData("mtrl")]
    public void Planted_clusters_are_found_and_each_gets_a_model(string by)
    {
        string path = Run(Text + $"compare: [independent, joint, {{ name: grouped, by: {by}, groups: 2, overlap: false }}]");

        using RunFolder folder = RunFolder.Open(path);
        RunRecord run = folder.ReadRun();
        JobRecord grouped = folder.ReadJobs(run).Single(j => j.Arm == "grouped");
        Assert.Equal(["t-task-1 t-task-3", "t-task-2 t-task-4"], grouped.Grouping!.Groups.Select(g => string.Join(" ", g.Tasks)));
        Assert.Equal(grouped.Tasks, grouped.Results.Select(r => r.Task));
        Assert.Contains(run.References, r => r.Name == "grouped");
        Assert.True(File.Exists(Path.Combine(folder.ModelsDirectory, "learn-grouped-s1.group-2.graft")));
        string page = ReportWriter.Render(folder);
        Assert.Contains("Which tasks belong together", page);
        Assert.Contains(">Affinity of the tasks<", page);
    }

    [Fact]
    public void Where_tasks_are_better_alone_the_arm_is_that_of_independent_models()
    {
        string path = Run(Text + "compare: [independent, { name: grouped, alone: 10 }]");

        using RunFolder folder = RunFolder.Open(path);
        IReadOnlyList<JobRecord> jobs = folder.ReadJobs(folder.ReadRun());
        JobRecord independent = jobs.Single(j => j.Arm == "independent"), grouped = jobs.Single(j => j.Arm == "grouped");
        Assert.True(grouped.Grouping!.IsAlone);
        Assert.Equal(independent.Results.Select(r => (r.Task, r.Test["rmse"])), grouped.Results.Select(r => (r.Task, r.Test["rmse"])));
        Assert.Contains("By look-ahead no grouping is better than every task alone: the tasks are learned apart.", grouped.Notices);
    }

    [Fact]
    public void A_resumed_run_ends_the_same()
    {
        string text = Text + "compare: [independent, { name: grouped, by: gradient-cosine }]";
        string whole = Run(text);
        using var cancel = new CancellationTokenSource();
        string cut = Path.Combine(_home, "cut");
        Assert.Throws<OperationCanceledException>(() => ExperimentRunner.Run(ExperimentFile.Parse("groups.yaml", text), new RunOptions(cut), new Cancels(cancel, (job, _) => job.Arm == "grouped"), cancel.Token));

        string resumed = ExperimentRunner.Resume(Path.Combine(cut, "groups"), new RunOptions(cut));

        using RunFolder a = RunFolder.Open(whole), b = RunFolder.Open(resumed);
        JobRecord first = a.ReadJob("learn-grouped-s1")!, second = b.ReadJob("learn-grouped-s1")!;
        Assert.Equal(first.Results.Select(r => r.Test["rmse"]), second.Results.Select(r => r.Test["rmse"]));
        Assert.Equal(first.Grouping!.Affinity.SelectMany(r => r), second.Grouping!.Affinity.SelectMany(r => r));
        Assert.Equal(File.ReadAllText(a.JobEventsFile(first.Id)), File.ReadAllText(b.JobEventsFile(second.Id)));
    }

    [Theory]
    [InlineData("independent", "task")]
    [InlineData("{ name: grouped, alone: 10, by: gradient-cosine }", "group")]
    public void Trainings_that_are_done_are_not_made_again_when_the_job_goes_on(string arm, string training)
    {
        string text = Text + "compare: [joint, " + arm + "]", id = training == "task" ? "learn-independent-s1" : "learn-grouped-s1";
        using RunFolder whole = RunFolder.Open(Run(text));
        using var cancel = new CancellationTokenSource();
        string cut = Path.Combine(_home, "cut");
        Assert.ThrowsAny<OperationCanceledException>(() => ExperimentRunner.Run(
            ExperimentFile.Parse("groups.yaml", text), new RunOptions(cut), new Cancels(cancel, (job, done) => job.Id == id && done == 1), cancel.Token));
        string first = Path.Combine(cut, "groups", "jobs", id, $"checkpoint-{training}-1.bin"), kept = first + ".kept";
        Assert.True(File.Exists(first), "the first training is kept");
        File.Move(first, kept);
        File.WriteAllText(first, "no checkpoint");

        GraftInputException e = Assert.Throws<GraftInputException>(() => ExperimentRunner.Resume(Path.Combine(cut, "groups"), new RunOptions(cut)));
        File.Move(kept, first, overwrite: true);
        using RunFolder resumed = RunFolder.Open(ExperimentRunner.Resume(Path.Combine(cut, "groups"), new RunOptions(cut)));

        Assert.Contains($"checkpoint-{training}-1.bin", e.Message);
        Assert.Equal(File.ReadAllText(whole.JobEventsFile(id)), File.ReadAllText(resumed.JobEventsFile(id)));
        Assert.Equal(whole.ReadJob(id)!.Results.Select(r => r.Test["rmse"]), resumed.ReadJob(id)!.Results.Select(r => r.Test["rmse"]));
        Assert.Empty(Directory.GetFiles(resumed.JobDirectory(id), "checkpoint*"));
    }

    [Fact]
    public void A_balancer_and_an_architecture_are_those_of_the_groups()
    {
        string path = Run(Text.Replace("hidden: [1]", "hidden: [4]", StringComparison.Ordinal) + "compare: [independent, { name: grouped, alone: -100, balancer: cagrad, architecture: hard-sharing }]");

        using RunFolder folder = RunFolder.Open(path);
        Assert.All(folder.ReadJobs(folder.ReadRun()), j => Assert.Equal(RunStatus.Done, j.Status));
        GroupRecord[] groups = [.. folder.ReadJob("learn-grouped-s1")!.Grouping!.Groups.Where(g => g.Tasks.Count > 1)];
        RunEvent[] balanced = [.. folder.ReadEvents("learn-grouped-s1").Where(e => e.Event == "balanced")];
        Assert.NotEmpty(balanced);
        Assert.All(balanced, e => Assert.Contains(groups, g => e.Weights!.Keys.SequenceEqual(g.Serves)));
    }

    [Fact]
    public void A_grouping_can_be_a_stage_of_its_own()
    {
        string path = Run(Text + "stages:\n  - { name: groups, learn: [t], mode: { name: grouped, by: mtrl } }");

        using RunFolder folder = RunFolder.Open(path);
        JobRecord job = folder.ReadJobs(folder.ReadRun()).Single();
        Assert.Equal(2, job.Grouping!.Groups.Count);
        Assert.Equal(4, job.Results.Count);
    }

    [Theory]
    [InlineData("by: look-ahed", "no affinity is named 'look-ahed'. Did you mean 'look-ahead'?")]
    [InlineData("groups: 0", "expected an integer >= 1, got 0.")]
    public void What_is_wrong_is_said_at_its_place(string key, string message)
    {
        GraftInputException e = Assert.Throws<GraftInputException>(() => ExperimentFile.Parse("groups.yaml", Text + $"compare: [independent, {{ name: grouped, {key} }}]"));

        Assert.Contains(message, e.Message);
    }

    private string Run(string text) => ExperimentRunner.Run(ExperimentFile.Parse("groups.yaml", text), new RunOptions(_home));

    // Cancels at a progress of choice; a job that begins has made none.
    private sealed class Cancels(CancellationTokenSource cancel, Func<JobPlan, long, bool> when) : IRunObserver
    {
        public void Began(RunRecord run, string folder)
        {
        }

        public void Preparing(string what)
        {
        }

        public void JobBegan(JobPlan job) => JobProgress(job, 0, 0, double.NaN);

        public void JobProgress(JobPlan job, long steps, long total, double objective)
        {
            if (when(job, steps))
            {
                cancel.Cancel();
            }
        }

        public void JobEnded(JobRecord result)
        {
        }
    }
}
