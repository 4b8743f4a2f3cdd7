using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Benchmarks.Workloads;

/// <summary>A matrix product [m, k] · [k, n] through the tensor op.</summary>
internal sealed class GemmWorkload(int m, int n, int k)
    : Workload(m == n && n == k ? string.Create(CultureInfo.InvariantCulture, $"gemm-{m}") : string.Create(CultureInfo.InvariantCulture, $"gemm-{m}x{n}x{k}"))
{
    private Tensor _a, _b;

    public override void Prepare()
    {
        _a = Tensor.From(Values.Of(m * k, 1), [m, k]);
        _b = Tensor.From(Values.Of(k * n, 2), [k, n]);
    }

    protected override Cost Count() => Cost.OfProduct(m, n, k);

    public override void Step()
    {
        using var scope = new TensorScope();
        _a.MatMul(_b);
    }

    public override void Release() => (_a, _b) = (default, default);
}
