using Graft.Nn;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Benchmarks.Workloads;

/// <summary>What a trained network says of a batch: no gradients, batch normalization by its running statistics.</summary>
/// <param name="name">Its name.</param>
/// <param name="model">Makes the network.</param>
/// <param name="batch">Makes the inputs of a batch, kept over all steps.</param>
internal sealed class ForwardWorkload(string name, Func<Module> model, Func<Tensor> batch) : Workload(name)
{
    private Module? _model;
    private Tensor _x;

    public override void Prepare()
    {
        _model = model();
        _model.Initialize(1);
        _model.Train(false);
        _x = batch();
    }

    public override void Step()
    {
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        _model!.Forward(_x);
    }

    protected override Cost Count()
    {
        using var noGrad = new NoGrad();
        return Cost.Of(() => _model!.Forward(_x));
    }

    public override void Release() => (_model, _x) = (null, default);
}
