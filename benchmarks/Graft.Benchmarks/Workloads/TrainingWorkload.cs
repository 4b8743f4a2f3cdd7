using Graft.Nn;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Benchmarks.Workloads;

/// <summary>A training step of a classifier: modules, tape, cross entropy, optimizer.</summary>
/// <param name="name">Its name.</param>
/// <param name="model">Makes the network.</param>
/// <param name="optimizer">Makes the optimizer.</param>
/// <param name="batch">Makes the inputs of a batch, kept over all steps.</param>
/// <param name="classes">Number of classes.</param>
internal sealed class TrainingWorkload(string name, Func<Module> model, Func<Optimizer> optimizer, Func<Tensor> batch, int classes) : Workload(name)
{
    private readonly CrossEntropyLoss _loss = new();
    private Module? _model;
    private Optimizer? _optimizer;
    private Tensor _x, _y;

    public override bool IsTraining => true;

    public override void Prepare()
    {
        _model = model();
        _model.Initialize(1);
        _optimizer = optimizer();
        _optimizer.Attach(_model.Parameters());
        _x = batch();
        _y = Tensor.From(Values.Classes(_x.Shape[0], classes), [_x.Shape[0]]);
    }

    public override void Step()
    {
        _optimizer!.ZeroGrad();
        _loss.Apply(_model!.Forward(_x), _y).Backward(keepsGraph: false);
        _optimizer.Step();
    }

    protected override Cost Count() => Cost.Of(() => _model!.Forward(_x)) + Cost.OfUpdate(_model!.ParameterCount, slots: _optimizer is Adam ? 2 : 1);

    public override void Release() => (_model, _optimizer, _x, _y) = (null, null, default, default);
}
