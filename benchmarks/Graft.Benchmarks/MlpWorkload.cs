using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>A training step of a 20-64-64-3 network on 32 rows: batch, modules, tape, loss, Adam.</summary>
internal sealed class MlpWorkload : Workload
{
    private const int Rows = 32;
    private readonly Sequential _model = [new Linear(20, 64), new Relu(), new Linear(64, 64), new Relu(), new Linear(64, 3)];
    private readonly CrossEntropyLoss _loss = new();
    private readonly Adam _optimizer = new();
    private readonly float[] _x = Values.Of(Rows * 20, 1);
    private readonly int[] _y = Values.Classes(Rows, 3);

    public override string Name => "mlp";

    public override double Bar => 25e-6;

    // Forward, gradients of the weights, gradients of the inputs but for the first layer's.
    public override double Flops => 2.0 * Rows * ((3 * ((20 * 64) + (64 * 64) + (64 * 3))) - (20 * 64));

    public override void Prepare()
    {
        _model.Initialize(1);
        _optimizer.Attach(_model.Parameters());
    }

    public override void Step()
    {
        _optimizer.ZeroGrad();
        Tensor x = Tensor.ForStep(_x, [Rows, 20]), y = Tensor.ForStep(_y, [Rows]);
        _loss.Apply(_model.Forward(x), y).Backward();
        _optimizer.Step();
    }
}
