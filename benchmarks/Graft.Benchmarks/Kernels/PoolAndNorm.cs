using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks.Kernels;

/// <summary>Pooling and normalization of 16 pictures, channels last.</summary>
public class PoolAndNorm : KernelBenchmark
{
    private const int Rows = 16;

    private Tensor _x, _variable, _mean, _variance, _weight, _bias;

    /// <summary>Channels and size.</summary>
    [Params("64@112", "64@56", "512@7")]
    public string Picture { get; set; } = "";

    [GlobalSetup]
    public void SetUp()
    {
        int[] sizes = Sizes(Picture, '@');
        _x = Pictures(Rows, sizes[0], sizes[1]);
        _variable = Tensor.Variable(_x);
        (_mean, _variance) = (Tensor.Zeros([sizes[0]]).Keep(), Tensor.Ones([sizes[0]]).Keep());
        (_weight, _bias) = (Tensor.Variable(Tensor.Ones([sizes[0]])), Tensor.Variable(Tensor.Zeros([sizes[0]])));
    }

    [Benchmark(Baseline = true)]
    public int BatchNormInUse() => Run(this, static t => t._x.BatchNorm(t._mean, t._variance, t._weight, t._bias, training: false, relu: true));

    [Benchmark]
    public int BatchNormForwardAndBack() => RunBack(this, static t => t._variable.BatchNorm(t._mean, t._variance, t._weight, t._bias, relu: true), _variable, _weight, _bias);

    [Benchmark]
    public int MaxPool() => Run(this, static t => t._x.MaxPool2d(3, 2, 1));

    [Benchmark]
    public int MaxPoolForwardAndBack() => RunBack(this, static t => t._variable.MaxPool2d(3, 2, 1), _variable);

    [Benchmark]
    public int AveragePool() => Run(this, static t => t._x.AvgPool2d(2));

    [Benchmark]
    public int MeanOfPicture() => Run(this, static t => t._x.AdaptiveAvgPool2d(1));
}
