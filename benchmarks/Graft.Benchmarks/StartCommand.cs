using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace Graft.Benchmarks;

/// <summary>What starting costs: from the start of a process to the end of `graft --version`, and to the first trained step of the quickstart. Wall clock, medians.</summary>
internal static class StartCommand
{
    public const string Syntax = "[--runs N] [--program PATH]... [--json]";

    public static int Run(Options options)
    {
        if (Repository.Root() is not { } root)
        {
            Console.Error.WriteLine("start: expected to lie in the repository, below the folder of Graft.slnx.");
            return 2;
        }

        int runs = options.Integer("--runs", 11, 1, 1000);
        string built = Path.Combine(root, "src/Graft.Cli/bin/Release/net10.0/graft");
        string[] programs = [built, .. options.Texts("--program").Select(Path.GetFullPath)];
        if (programs.FirstOrDefault(p => !File.Exists(p)) is { } missing)
        {
            Console.Error.WriteLine($"{missing}: no such program. `dotnet build -c Release src/Graft.Cli` makes the first one.");
            return 2;
        }

        string experiment = Path.Combine(root, "samples/experiments/quickstart.yaml");
        var version = programs.ToDictionary(p => p, _ => new List<double>());
        var first = programs.ToDictionary(p => p, _ => new List<double>());
        for (int run = -1; run < runs; run++)      // the first turn brings files into memory and does not count
        {
            foreach (string program in programs)
            {
                double ended = Version(program), stepped = FirstStep(program, experiment);
                if (run >= 0)
                {
                    version[program].Add(ended);
                    first[program].Add(stepped);
                }
            }
        }

        Tell(programs, version, first, runs, options.IsJson);
        return 0;
    }

    private static double Version(string program)
    {
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(new ProcessStartInfo(program, ["--version"]) { RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode == 0 ? clock.Elapsed.TotalMilliseconds : throw new InvalidOperationException($"{program} --version: expected exit code 0, got {process.ExitCode}.");
    }

    // In debug mode a run says when its first step is done; the rest of it is not waited for.
    private static double FirstStep(string program, string experiment)
    {
        string folder = Directory.CreateTempSubdirectory("graft-start-").FullName;
        var start = new ProcessStartInfo(program, ["run", experiment, "--out", folder]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["GRAFT_DEBUG"] = "1";
        var clock = Stopwatch.StartNew();
        using Process process = Process.Start(start)!;
        try
        {
            while (process.StandardError.ReadLine() is { } line)
            {
                if (line.StartsWith("first step", StringComparison.Ordinal))
                {
                    return clock.Elapsed.TotalMilliseconds;
                }
            }

            throw new InvalidOperationException($"{program} run {experiment}: expected a first step, got none.");
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Tell(string[] programs, Dictionary<string, List<double>> version, Dictionary<string, List<double>> first, int runs, bool isJson)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"medians (fastest) of {runs} runs in turns, ms"));
        Console.WriteLine($"{"--version",16} {"first step",16} {"MB",6}  program");
        foreach (string program in programs)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{Median(version[program]),8:F0} ({version[program].Min(),4:F0}) {Median(first[program]),9:F0} ({first[program].Min(),4:F0}) {Megabytes(program),6:F1}  {program}"));
        }

        if (isJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                starts = programs.Select(p => new { program = p, version_ms = Median(version[p]), first_step_ms = Median(first[p]), megabytes = Megabytes(p), runs }),
            }));
        }
    }

    private static double Megabytes(string program) => new FileInfo(program).Length / 1e6;

    private static double Median(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
