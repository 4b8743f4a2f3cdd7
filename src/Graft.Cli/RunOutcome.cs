using Graft.Experiments.Reports;
using Graft.Experiments.Runs;

namespace Graft.Cli;

/// <summary>Says what came out of a run: a table and the verdict, or one object of JSON.</summary>
internal static class RunOutcome
{
    /// <summary>Says it.</summary>
    /// <returns>The exit code: 0 where everything was done, 1 where a job failed.</returns>
    public static int Tell(Terminal terminal, string path, bool isJson)
    {
        using RunFolder folder = RunFolder.Open(path);
        RunRecord run = folder.ReadRun();
        ComparisonRecord comparison = folder.ReadComparison()!;
        IReadOnlyList<JobRecord> jobs = folder.ReadJobs(run);
        foreach (JobRecord failed in jobs.Where(j => j.Error is not null))
        {
            terminal.Error.WriteLine($"{failed.Id}: {failed.Error}");
        }

        if (!isJson)
        {
            if (ComparisonTable.OtherStages(jobs, run) is { Length: > 0 } others)
            {
                terminal.Output.WriteLine(others);
            }

            terminal.Output.WriteLine(ComparisonTable.ToText(comparison, run));
            terminal.Output.WriteLine($"Report: {folder.ReportFile}");
        }
        else
        {
            terminal.Output.WriteLine(RunSummary.From(comparison, folder.ReportFile).ToJson());
        }

        return run.Status == RunStatus.Done ? ExitCode.Done : ExitCode.Failed;
    }
}
