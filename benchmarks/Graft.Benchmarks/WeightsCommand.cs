using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Nn.Layers;

namespace Graft.Benchmarks;

/// <summary>`weights`: how long the weights of a safetensors file, or of another of the same tensors, take into a model, beside reading the file alone, and the memory that takes.</summary>
/// <remarks>A given file holds "0.weight" [1024, 1024], "0.bias", "1.weight" ... as many as fit the size. Times with the file in the system's cache, best of several, in a process of its own. The peak is what the numbers take in the model, as much as the file, and
/// what loading takes besides.</remarks>
internal static class WeightsCommand
{
    public const string Syntax = "[--megabytes N] [--file FILE] [--json]";

    public const string InnerSyntax = "[--file PATH] [--megabytes N]";

    private const int Width = 1024;
    private const int Repeats = 7;

    /// <summary>Measures in this process, and prints one JSON object.</summary>
    public static int RunOne(Options options)
    {
        Console.WriteLine(JsonSerializer.Serialize(Of(options.Text("--file")!, Megabytes(options))));
        return 0;
    }

    public static int Run(Options options)
    {
        int size = Megabytes(options);
        string own = Path.Combine(Path.GetTempPath(), $"graft-weights-{Environment.ProcessId}.safetensors"), path = options.Text("--file") ?? own;
        try
        {
            if (path == own)
            {
                Module model = Model(size);
                model.Initialize(1);
                Safetensors.Write(path, model.StateDictionary());
            }

            string line = OwnProcess.Run("weights", "of", "--file", path, "--megabytes", size.ToString(CultureInfo.InvariantCulture))
                ?? throw new InvalidOperationException("weights: expected the process that measures to end well, got an error.");
            if (options.IsJson)
            {
                Console.WriteLine(line);
                return 0;
            }

            Figures figures = JsonSerializer.Deserialize<Figures>(line)!;
            Console.WriteLine($"{"file MB",8} {"read ms",8} {"cpu ms",8} {"load ms",8} {"cpu ms",8} {"GB/s",6} {"managed MB",11} {"peak MB",8} {"x file",7}");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{figures.File,8:F1} {figures.Read,8:F1} {figures.ReadProcessor,8:F1} {figures.Load,8:F1} {figures.LoadProcessor,8:F1} {figures.File / figures.Load,6:F1} {figures.Managed,11:F2} {figures.Peak,8:F1} {figures.Peak / figures.File,7:F2}"));
            return 0;
        }
        finally
        {
            File.Delete(own);
        }
    }

    private static int Megabytes(Options options) => options.Integer("--megabytes", 100, 5, 4000);

    private static Figures Of(string path, int megabytes)
    {
        Module model = Model(megabytes);
        model.Initialize(2);
        Load(path, model);
        long managed = GC.GetTotalAllocatedBytes(precise: true);
        Load(path, model);
        managed = GC.GetTotalAllocatedBytes(precise: true) - managed;
        GC.Collect();
        double before = ResidentMemory.RestartPeak() / 1e6;
        (double load, double loadCpu) = Best(() => Load(path, model));
        double peak = Math.Max(0, (ResidentMemory.Peak() / 1e6) - before);
        var place = new byte[new FileInfo(path).Length];
        (double read, double readCpu) = Best(() =>
        {
            using FileStream stream = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0);
            stream.ReadExactly(place);
        });

        double file = place.Length / 1e6;
        return new Figures(file, read, readCpu, load, loadCpu, managed / 1e6, file + peak);
    }

    private static void Load(string path, Module model) => WeightCarry.RequireSome(WeightCarry.Carry(WeightSource.Of(WeightFile.Read(path).Tensors, path), model));

    private static (double Wall, double Processor) Best(Action action)
    {
        double wall = double.PositiveInfinity, processor = double.PositiveInfinity;
        for (int i = 0; i < Repeats; i++)
        {
            long start = Stopwatch.GetTimestamp();
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            action();
            wall = Math.Min(wall, Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            processor = Math.Min(processor, (Environment.CpuUsage.TotalTime - cpu).TotalMilliseconds);
        }

        return (wall, processor);
    }

    // Products of 1024 x 1024: 4.2 MB each.
    private static Sequential Model(int megabytes) => new([.. Enumerable.Range(0, Math.Max(1, (int)(megabytes * 1e6 / (4.0 * Width * (Width + 1))))).Select(_ => new Linear(Width, Width))]);

    private sealed record Figures(double File, double Read, double ReadProcessor, double Load, double LoadProcessor, double Managed, double Peak);
}
