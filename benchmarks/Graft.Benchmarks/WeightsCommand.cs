using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Graft.Benchmarks.Balancers;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Nn;
using Graft.Nn.Layers;

namespace Graft.Benchmarks;

/// <summary>`weights`: how long the weights of a safetensors file take into a model, beside reading the file alone, and the memory that takes.</summary>
/// <remarks>Times with the file in the system's cache, best of several, in a process of its own. The peak is what the numbers take in the model, as much as the file, and
/// what loading takes besides.</remarks>
internal static class WeightsCommand
{
    private const string Measure = "--measure";
    private const int Width = 1024;
    private const int Repeats = 7;

    public static int Run(string[] arguments)
    {
        if (arguments is [Measure, string file, string megabytes])
        {
            Console.WriteLine(JsonSerializer.Serialize(Of(file, int.Parse(megabytes, CultureInfo.InvariantCulture))));
            return 0;
        }

        bool isJson = arguments.Contains("--json");
        int size = arguments is ["--megabytes", string value, ..] && int.TryParse(value, CultureInfo.InvariantCulture, out int given) && given is >= 5 and <= 4000 ? given : 100;
        string path = Path.Combine(Path.GetTempPath(), $"graft-weights-{Environment.ProcessId}.safetensors");
        try
        {
            Module model = Model(size);
            model.Initialize(1);
            Safetensors.Write(path, model.StateDictionary());
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
            foreach (string argument in (string[])[.. Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? (string[])[Environment.GetCommandLineArgs()[0]] : [], "weights", Measure, path, size.ToString(CultureInfo.InvariantCulture)])
            {
                start.ArgumentList.Add(argument);
            }

            using Process process = Process.Start(start)!;
            string line = process.StandardOutput.ReadToEnd().Trim();
            process.WaitForExit();
            if (isJson)
            {
                Console.WriteLine(line);
                return process.ExitCode;
            }

            Figures figures = JsonSerializer.Deserialize<Figures>(line)!;
            Console.WriteLine($"{"file MB",8} {"read ms",8} {"cpu ms",8} {"load ms",8} {"cpu ms",8} {"GB/s",6} {"managed MB",11} {"peak MB",8} {"x file",7}");
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{figures.File,8:F1} {figures.Read,8:F1} {figures.ReadProcessor,8:F1} {figures.Load,8:F1} {figures.LoadProcessor,8:F1} {figures.File / figures.Load,6:F1} {figures.Managed,11:F2} {figures.Peak,8:F1} {figures.Peak / figures.File,7:F2}"));
            return process.ExitCode;
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static Figures Of(string path, int megabytes)
    {
        Module model = Model(megabytes);
        model.Initialize(2);
        Load(path, model);
        long managed = GC.GetTotalAllocatedBytes(precise: true);
        Load(path, model);
        managed = GC.GetTotalAllocatedBytes(precise: true) - managed;
        GC.Collect();
        double before = PeakMemory.Restart() / 1e6;
        (double load, double loadCpu) = Best(() => Load(path, model));
        double peak = Math.Max(0, (PeakMemory.Resident() / 1e6) - before);
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
