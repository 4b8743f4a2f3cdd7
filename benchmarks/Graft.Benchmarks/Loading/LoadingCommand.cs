using System.Diagnostics;
using System.Globalization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Data.Loading;
using Graft.Data.Pictures;
using Graft.Data.Sources;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Benchmarks.Loading;

/// <summary>How fast pictures become numbers, and files of weights become models.</summary>
internal static class LoadingCommand
{
    public const string Syntax = "[--pictures FOLDER] [--size PIXELS] [--seconds S]";

    private const int MostPictures = 200;

    public static int Run(Options options)
    {
        int size = options.Integer("--size", 224, 1, 4096);
        double seconds = options.Seconds(2);
        if (options.Text("--pictures") is { } folder)
        {
            Pictures(folder, size, seconds);
        }

        Weights();
        return 0;
    }

    private static void Pictures(string folder, int size, double seconds)
    {
        byte[][] files = [.. Directory.EnumerateFiles(folder, "*.jp*g", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Take(MostPictures).Select(File.ReadAllBytes)];
        Picture[] decoded = [.. files.Select(f => PictureDecoder.Decode(f, "picture"))];
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{files.Length} JPEG pictures, {files.Average(f => f.Length) / 1024:F0} KB and {decoded.Average(p => p.Width * (double)p.Height) / 1e6:F2} megapixels in the mean, to {size} x {size}"));
        Console.WriteLine($"{"what",-34} {"1 thread",12} {$"{Environment.ProcessorCount} threads",12} {"a core",12}   pictures/s; a core: by processor time, which counts on busy machines");
        double[] mean = [0.485, 0.456, 0.406], deviation = [0.229, 0.224, 0.225];
        using var room = new ThreadLocal<float[]>(() => new float[size * size * 3]);
        var encoder = new PictureEncoder("picture", size, size, 3, mean, deviation);
        Both("decode", i => PictureDecoder.Decode(files[i], "picture"));
        Both("scale", i => PictureScaling.Bilinear(decoded[i], size, size));
        Both("scale and normalize", i => encoder.Encode(decoded[i], room.Value));
        Both("decode, scale and normalize", i => encoder.Encode(PictureDecoder.Decode(files[i], "picture"), room.Value));

        Dataset data = new FolderSource(folder, keepMegabytes: 0).Read(new DataContext(folder, null, 1));
        var rows = new LabeledRows(data, new InputEncoder([encoder]), [], cacheBytes: 0);
        (double rate, double core) = Rate(seconds, () =>
        {
            var batches = new SequentialBatches(rows, 32);
            int count = 0;
            using var scope = new Tensors.Autograd.TensorScope();
            while (count < MostPictures && batches.Next() is { } batch)
            {
                count += batch.Rows.Length;
            }

            return count;
        });
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"batches of 32, from the disk",-34} {"",12} {rate,12:F0} {core,12:F0}"));

        void Both(string what, Action<int> work)
        {
            (double one, double core) = Rate(seconds, () => Each(files.Length, work, 1));
            (double all, _) = Rate(seconds, () => Each(files.Length, work, Environment.ProcessorCount));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what,-34} {one,12:F0} {all,12:F0} {core,12:F0}"));
        }
    }

    // 100 MB of single precision into the parameters of a model that has room for them.
    private static void Weights()
    {
        string path = Path.Combine(Path.GetTempPath(), $"graft-loading-{Environment.ProcessId}.safetensors");
        var trunk = new Mlp([5000]);
        trunk.Build(new InputShape(InputKind.Table, [4999]));
        trunk.Initialize(1);
        try
        {
            Safetensors.Write(path, trunk.StateDictionary());
            double megabytes = new FileInfo(path).Length / 1e6;
            _ = trunk.LoadWeights(path);
            double best = double.MaxValue;
            long most = 0;
            for (int i = 0; i < 5; i++)
            {
                GC.Collect();
                long managed = GC.GetTotalAllocatedBytes(precise: true), native = Engine.SystemBytes;
                var clock = Stopwatch.StartNew();
                _ = trunk.LoadWeights(path);
                best = Math.Min(best, clock.Elapsed.TotalSeconds);
                most = Math.Max(most, GC.GetTotalAllocatedBytes(precise: true) - managed + Engine.SystemBytes - native);
            }

            byte[] whole = [];
            double disk = double.MaxValue;
            for (int i = 0; i < 3; i++)
            {
                var clock = Stopwatch.StartNew();
                whole = File.ReadAllBytes(path);
                disk = Math.Min(disk, clock.Elapsed.TotalSeconds);
            }

            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"safetensors of {megabytes:F0} MB into a model: {megabytes / best:F0} MB/s, {most / 1e6:F1} MB of memory besides the model and the file's pages; the bytes alone (File.ReadAllBytes, {whole.Length / 1e6:F0} MB): {megabytes / disk:F0} MB/s"));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static int Each(int count, Action<int> work, int threads)
    {
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, work);
        return count;
    }

    // Best of several goes, by the clock and by processor time.
    private static (double Clock, double Processor) Rate(double seconds, Func<int> work)
    {
        work();
        double best = 0, core = 0;
        using var process = Process.GetCurrentProcess();
        var all = Stopwatch.StartNew();
        do
        {
            process.Refresh();
            TimeSpan before = process.TotalProcessorTime;
            var clock = Stopwatch.StartNew();
            int count = work();
            best = Math.Max(best, count / clock.Elapsed.TotalSeconds);
            process.Refresh();
            core = Math.Max(core, count / (process.TotalProcessorTime - before).TotalSeconds);
        }
        while (all.Elapsed.TotalSeconds < seconds);
        return (best, core);
    }
}
