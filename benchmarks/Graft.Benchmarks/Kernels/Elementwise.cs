using BenchmarkDotNet.Attributes;
using Graft.Tensors;

namespace Graft.Benchmarks.Kernels;

/// <summary>Ops that look at every number once: in the caches, and in memory.</summary>
public class Elementwise : KernelBenchmark
{
    private Tensor _x, _y, _rows;

    [Params(1 << 16, 1 << 23)]
    public int Count { get; set; }

    [GlobalSetup]
    public void SetUp() => (_x, _y, _rows) = (Numbers(Count), Numbers(1, Count).Reshape(Count).Keep(), Numbers(Count / 512, 512));

    [Benchmark(Baseline = true)]
    public int Add() => Run(this, static t => t._x + t._y);

    [Benchmark]
    public int Relu() => Run(this, static t => t._x.Relu());

    [Benchmark]
    public int Exp() => Run(this, static t => t._x.Exp());

    [Benchmark]
    public int Tanh() => Run(this, static t => t._x.Tanh());

    [Benchmark]
    public int Gelu() => Run(this, static t => t._x.Gelu());

    [Benchmark]
    public int Softmax() => Run(this, static t => t._rows.Softmax());

    [Benchmark]
    public int LayerNorm() => Run(this, static t => t._rows.LayerNorm());
}
