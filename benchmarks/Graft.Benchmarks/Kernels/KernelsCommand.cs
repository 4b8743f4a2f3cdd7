using System.Globalization;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Filters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Graft.Tensors;
using Perfolizer.Horology;

namespace Graft.Benchmarks.Kernels;

/// <summary>Single kernels under BenchmarkDotNet, for one width of registers or several: each in a process of its own with the wider instructions switched off.</summary>
internal static class KernelsCommand
{
    public const string Syntax = "[--only TEXT]... [--width BITS]... [--threads N]";

    public const string InnerSyntax = "[--only TEXT]... [--threads N]";

    private const int WarmUps = 3, Iterations = 10, IterationMilliseconds = 50;

    private static readonly Type[] Families = [typeof(Products), typeof(Convolutions), typeof(Elementwise), typeof(PoolAndNorm)];

    public static int Run(Options options)
    {
        string[] widths = [.. options.Texts("--width").DefaultIfEmpty("512")];
        (string, string)[][] environments = [.. widths.Select(Without)];
        string[] arguments =
        [
            "kernels", "of", "--threads", options.Threads.ToString(CultureInfo.InvariantCulture), .. options.Only.SelectMany(n => (string[])["--only", n]),
        ];
        return environments.Max(e => OwnProcess.Show(e, arguments));
    }

    /// <summary>Runs those whose name or parameters hold one of the texts, with the registers that this process has.</summary>
    public static int RunOne(Options options)
    {
        Engine.Threads = options.Threads;
        IConfig config = ManualConfig.CreateEmpty()
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddLogger(NullLogger.Instance)
            .AddJob(Job.Default.WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(WarmUps).WithIterationCount(Iterations)
                .WithIterationTime(TimeInterval.FromMilliseconds(IterationMilliseconds)))
            .WithOptions(ConfigOptions.DisableLogFile)
            .WithArtifactsPath(Path.Combine(AppContext.BaseDirectory, "BenchmarkDotNet.Artifacts"))
            .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(40));
        if (options.Only.Count > 0)
        {
            config = config.AddFilter(new SimpleFilter(c => options.Only.Any(n => c.DisplayInfo.Contains(n, StringComparison.OrdinalIgnoreCase))));
        }

        int failed = 0, done = 0;
        foreach (Type family in Families)
        {
            Summary summary = BenchmarkRunner.Run(family, config);
            if (summary.Reports.Length > 0)
            {
                Console.WriteLine($"{family.Name}, {Engine.VectorWidth} registers, {Engine.Threads} threads");
                MarkdownExporter.Console.ExportToLog(summary, ConsoleLogger.Default);
                done += summary.Reports.Length;
                failed += summary.Reports.Count(r => !r.Success);
            }
        }

        return done > 0 && failed == 0 ? 0 : 1;
    }

    // Narrower registers are what a machine without the wider instructions has.
    private static (string, string)[] Without(string bits) => bits switch
    {
        "512" => [],
        "256" => [("DOTNET_EnableAVX512", "0")],
        "128" => [("DOTNET_EnableAVX512", "0"), ("DOTNET_EnableAVX2", "0")],
        _ => throw new ArgumentException($"--width: expected 512, 256 or 128, got '{bits}'."),
    };
}
