using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>A matrix product [m, k] · [k, n] through the tensor op.</summary>
internal sealed class GemmWorkload(int m, int n, int k) : Workload
{
    private Tensor _a;
    private Tensor _b;

    public override string Name => $"gemm-{m}x{n}x{k}";

    public override double Flops => 2.0 * m * n * k;

    public override void Prepare()
    {
        _a = Tensor.From(Values.Of(m * k, 1), [m, k]);
        _b = Tensor.From(Values.Of(k * n, 2), [k, n]);
    }

    public override void Step()
    {
        using var scope = new Graft.Tensors.Autograd.TensorScope();
        _a.MatMul(_b);
    }
}
