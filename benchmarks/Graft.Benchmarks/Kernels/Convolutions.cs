using System.Globalization;
using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks.Kernels;

/// <summary>The convolutions of ResNet-18 with 16 pictures of 224 pixels, and depthwise ones of MobileNetV2.</summary>
public class Convolutions : KernelBenchmark
{
    private const int Rows = 16;

    private Tensor _x, _xVariable, _w;
    private int _stride, _padding, _groups;

    /// <summary>Channels in, channels out, kernel, stride, size of the picture, groups.</summary>
    [Params(
        "3-64 7x7/2 @224", "64-64 3x3 @56", "64-128 3x3/2 @56", "64-128 1x1/2 @56", "128-128 3x3 @28", "256-256 3x3 @14", "512-512 3x3 @7",
        "96-96 3x3/2 @112 depthwise", "192-192 3x3 @28 depthwise", "32-192 1x1 @28")]
    public string Layer { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        string[] parts = Layer.Split(' ');
        int[] channels = Sizes(parts[0], '-');
        string[] kernel = parts[1].Split('/');
        int size = Sizes(kernel[0], 'x')[0], pixels = Number(parts[2][1..]);
        (_stride, _padding, _groups) = (kernel.Length > 1 ? Number(kernel[1]) : 1, size / 2, parts.Length > 3 ? channels[0] : 1);
        _x = Pictures(Rows, channels[0], pixels);
        _xVariable = Tensor.Variable(_x);
        _w = Tensor.Variable(Numbers(channels[1], channels[0] / _groups, size, size));
    }

    [Benchmark(Baseline = true)]
    public int Forward() => Run(this, static t => t._x.Conv2d(t._w, null, t._stride, t._padding, null, t._groups));

    [Benchmark]
    public int ForwardAndWeights() => RunBack(this, static t => t._x.Conv2d(t._w, null, t._stride, t._padding, null, t._groups), _w);

    [Benchmark]
    public int ForwardAndBack() => RunBack(this, static t => t._xVariable.Conv2d(t._w, null, t._stride, t._padding, null, t._groups), _w, _xVariable);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
