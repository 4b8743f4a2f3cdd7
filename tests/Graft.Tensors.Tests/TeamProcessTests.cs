using System.Diagnostics;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Tests;

/// <summary>The team and its process: this test program again, with another number of processors.</summary>
public sealed class TeamProcessTests
{
    private const string Processors = "GRAFT_EXPECTED_PROCESSORS";
    private const int Code = 23;

    // What .NET counts as processors, a container's limit included, is what the variable overrides.
    [Fact]
    public async Task The_team_has_the_processors_of_its_process_and_ends_with_it_while_it_works()
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, RedirectStandardError = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Graft.Tensors.Tests.dll"));
        }

        foreach (string argument in new[] { "--filter-method", "*Ends_while_jobs_run", "--results-directory", Path.GetTempPath() })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["DOTNET_PROCESSOR_COUNT"] = "3";
        start.Environment[Processors] = "3";

        using Process child = Process.Start(start)!;
        Task<string> errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        string output = await child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        output += await errors;
        await child.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(child.ExitCode == Code, $"exit code {child.ExitCode}\n{output}");
    }

    [Fact]
    public void Ends_while_jobs_run()
    {
        if (Environment.GetEnvironmentVariable(Processors) is not { } processors)
        {
            return;     // only in the process that the other test starts
        }

        Assert.Equal(processors, Engine.Threads.ToString(System.Globalization.CultureInfo.InvariantCulture));
        using var running = new CountdownEvent(3);
        for (int caller = 0; caller < 3; caller++)
        {
            new Thread(() =>
            {
                running.Signal();
                var job = default(EndlessJob);
                Team.For(8, ref job);
            }) { IsBackground = true }.Start();
        }

        running.Wait();
        Environment.Exit(Code);
    }

    private struct EndlessJob : IJob
    {
        public readonly void Run(int index)
        {
            while (true)
            {
                Thread.SpinWait(100);
            }
        }
    }
}
