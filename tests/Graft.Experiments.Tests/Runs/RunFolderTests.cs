using Graft.Experiments.Runs;

namespace Graft.Experiments.Tests.Runs;

public sealed class RunFolderTests : IDisposable
{
    private readonly string _out = Directory.CreateTempSubdirectory("graft-").FullName;

    public void Dispose() => Directory.Delete(_out, recursive: true);

    [Fact]
    public void A_second_run_of_the_same_name_gets_a_number_and_overwrites_nothing()
    {
        using RunFolder first = RunFolder.Create(_out, "glyphs");
        first.WriteExperiment("first");
        using RunFolder second = RunFolder.Create(_out, "glyphs");
        using RunFolder third = RunFolder.Create(_out, "glyphs");

        Assert.Equal(["glyphs", "glyphs-2", "glyphs-3"], new[] { first.Name, second.Name, third.Name });
        Assert.Equal("first", first.ReadExperiment());
        Assert.Equal("", second.ReadExperiment());
    }

    [Fact]
    public void Eight_runs_begun_at_once_get_eight_folders()
    {
        RunFolder[] runs = new RunFolder[8];

        Parallel.For(0, runs.Length, i => runs[i] = RunFolder.Create(_out, "same"));

        Assert.Equal(8, runs.Select(r => r.DirectoryPath).Distinct().Count());
        Array.ForEach(runs, r => r.Dispose());
    }

    [Fact]
    public void A_folder_in_use_is_refused_by_name_and_can_still_be_read()
    {
        using RunFolder held = Made("glyphs");

        var e = Assert.Throws<GraftInputException>(() => RunFolder.OpenToWrite(held.DirectoryPath));

        Assert.Equal($"{held.DirectoryPath}: the run folder is in use by another process. Wait for it, or end it first.", e.Message);
        using RunFolder reader = RunFolder.Open(held.DirectoryPath);
        Assert.Equal("glyphs", reader.ReadRun().Name);
    }

    [Fact]
    public void A_lock_file_that_nobody_holds_does_not_block()
    {
        string path;
        using (RunFolder run = Made("glyphs"))
        {
            path = run.DirectoryPath;
        }

        Assert.True(File.Exists(Path.Combine(path, ".lock")));
        using RunFolder again = RunFolder.OpenToWrite(path);
        Assert.True(again.IsWritable);
    }

    [Fact]
    public void What_is_no_run_folder_is_refused()
    {
        string nothing = Path.Combine(_out, "none");

        Assert.Equal($"{nothing}: expected a run folder, got nothing there.", Refusal(() => RunFolder.Open(nothing)));
        Assert.Equal($"{_out}: expected a run folder, got a folder without run.json.", Refusal(() => RunFolder.Open(_out)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData(".hidden")]
    [InlineData("ends with a space ")]
    public void A_name_that_cannot_be_a_folder_is_refused(string name)
    {
        Assert.StartsWith("run name: expected letters", Refusal(() => RunFolder.Create(_out, name)));
        using RunFolder run = Made("glyphs");
        Assert.Throws<ArgumentException>(() => run.JobDirectory(name));
    }

    [Fact]
    public void A_plan_that_names_a_job_outside_the_folder_is_refused()
    {
        using RunFolder run = Made("glyphs");
        var plan = new RunRecord { Name = "glyphs", Jobs = [new JobPlan("../../etc", "s", null, 1, [], [], true)] };

        Assert.Contains("got '../../etc'", Refusal(() => run.ReadJobs(plan)));
    }

    [Fact]
    public void A_folder_can_be_opened_by_a_file_in_it_and_only_reads()
    {
        using RunFolder made = Made("glyphs");

        using RunFolder run = RunFolder.Open(made.RunFile);

        Assert.Equal(made.DirectoryPath, run.DirectoryPath);
        Assert.False(run.IsWritable);
        Assert.StartsWith("RunFolder: expected a folder opened to write", Assert.Throws<InvalidOperationException>(() => run.WriteExperiment("")).Message);
        Assert.Null(run.ReadJob("new-full-s1"));
        Assert.Empty(run.ReadEvents("new-full-s1"));
        Assert.False(Directory.Exists(Path.Combine(made.DirectoryPath, "jobs")));
    }

    [Fact]
    public void Events_are_joined_in_the_order_of_the_plan()
    {
        using RunFolder run = Made("glyphs");
        foreach (string job in new[] { "b", "a" })
        {
            using EventLog log = run.OpenEvents(job);
            log.Append(new RunEvent { Event = "started", Job = job });
        }

        run.JoinEvents(["a", "not-begun", "b"]);

        Assert.Equal(
            "{\"event\":\"started\",\"job\":\"a\"}\n{\"event\":\"started\",\"job\":\"b\"}\n",
            File.ReadAllText(run.EventsFile));
    }

    [Fact]
    public void A_name_of_a_file_where_runs_should_go_is_an_error_of_the_input()
    {
        string file = Path.Combine(_out, "file");
        File.WriteAllText(file, "");

        Assert.Contains("the run folder cannot be made.", Refusal(() => RunFolder.Create(file, "a")));
    }

    private static string Refusal(Action action) => Assert.Throws<GraftInputException>(action).Message;

    private RunFolder Made(string name)
    {
        RunFolder run = RunFolder.Create(_out, name);
        run.Write(new RunRecord { Name = run.Name });
        return run;
    }
}
