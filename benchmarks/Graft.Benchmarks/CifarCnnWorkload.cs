using Graft.Nn.Layers;
using Graft.Nn.Losses;
using Graft.Nn.Optimizers;
using Graft.Tensors;

namespace Graft.Benchmarks;

/// <summary>A training step of a small convolutional network on 128 pictures of 32 x 32: batch, modules, tape, loss, SGD with momentum.</summary>
internal sealed class CifarCnnWorkload : Workload
{
    private const int Rows = 128;
    private readonly Sequential _model =
    [
        new Conv2d(3, 32, 3, padding: 1), new Relu(), new MaxPool2d(2),
        new Conv2d(32, 64, 3, padding: 1), new Relu(), new MaxPool2d(2),
        new Flatten(), new Linear(64 * 8 * 8, 128), new Relu(), new Linear(128, 10),
    ];

    private readonly CrossEntropyLoss _loss = new();
    private readonly Sgd _optimizer = new(0.001f, momentum: 0.9);
    private readonly float[] _x = Values.Of(Rows * 32 * 32 * 3, 1);
    private readonly int[] _y = Values.Classes(Rows, 10);

    public override string Name => "cifar-cnn";

    public override double Bar => 30e-3;

    // Forward, gradients of the weights, gradients of the inputs but for the first layer's.
    public override double Flops
    {
        get
        {
            double first = 32.0 * 32 * 27 * 32, second = 16.0 * 16 * 288 * 64, dense = (4096.0 * 128) + (128 * 10);
            return 2 * Rows * ((3 * (first + second + dense)) - first);
        }
    }

    public override void Prepare()
    {
        _model.Initialize(1);
        _optimizer.Attach(_model.Parameters());
    }

    public override void Step()
    {
        _optimizer.ZeroGrad();
        Tensor x = Tensor.ForStepChannelsLast(_x, [Rows, 3, 32, 32]), y = Tensor.ForStep(_y, [Rows]);
        _loss.Apply(_model.Forward(x), y).Backward();
        _optimizer.Step();
    }
}
