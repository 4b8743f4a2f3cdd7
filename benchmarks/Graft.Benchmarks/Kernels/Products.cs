using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks.Kernels;

/// <summary>Matrix products [m, k] · [k, n]: squares, layers of perceptrons and transformers, and narrow ones.</summary>
public class Products : KernelBenchmark
{
    private Tensor _a, _b, _aT, _bT;

    /// <summary>m x n x k.</summary>
    [Params("64x64x64", "256x256x256", "1024x1024x1024", "32x64x64", "32x3x64", "128x4096x4096", "8x4096x512", "4096x8x512", "64x64x4096", "2048x512x128", "1024x384x1536")]
    public string Size { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        int[] sizes = Sizes(Size, 'x');
        (_a, _b, _aT, _bT) = (Numbers(sizes[0], sizes[2]), Numbers(sizes[2], sizes[1]), Numbers(sizes[2], sizes[0]), Numbers(sizes[1], sizes[2]));
    }

    [Benchmark(Baseline = true)]
    public int Plain() => Run(this, static t => t._a.MatMul(t._b));

    [Benchmark]
    public int RightTransposed() => Run(this, static t => t._a.MatMul(t._bT.Transpose(0, 1)));

    [Benchmark]
    public int LeftTransposed() => Run(this, static t => t._aT.Transpose(0, 1).MatMul(t._b));
}
