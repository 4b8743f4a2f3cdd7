using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;
using Graft.Tensors.Autograd;

namespace Graft.Tests.Nn.Layers;

public sealed class SequentialTests : LayerConformance
{
    protected override Shape InputShape => [4, 5];

    protected override Shape OutputShape => [4, 2];

    protected override string[] StateNames => ["0.weight [6, 5]", "0.bias [6]", "2.weight [2, 6]", "2.bias [2]"];

    protected override (Shape Shape, string Message)? Refused =>
        ([4, 3], "Linear(5 -> 6): expected input [..., 5], got [4, 3]. Does the layer before it give 5 features?");

    [Fact]
    public void A_relu_done_on_the_way_changes_no_number()
    {
        var first = new Linear(5, 6);
        Sequential both = [first, new Relu()];
        both.Initialize(3);
        Tensor x = Input([8, 5]);

        Assert.Equal(first.Forward(x).Relu().ToArray(), both.Forward(x).ToArray());
    }

    [Fact]
    public void Without_modules_the_input_comes_out()
    {
        Sequential none = [];

        Assert.Equal([1, 2], none.Forward(Tensor.From([1f, 2f], [2])).ToArray());
    }

    // 8 pictures of 64 x 64 with 4 channels are 512 KB.
    [Fact]
    public void In_use_large_tensors_between_modules_are_taken_back_and_the_numbers_are_the_same()
    {
        Watcher first = new(), last = new();
        Sequential net = [new Conv2d(4, 4, 3, padding: 1), new Relu(), first, new MaxPool2d(3, 1, 1), new Conv2d(4, 4, 3, padding: 1), new Dropout(0.5f), last];
        net.Initialize(2);
        net.Train(false);
        Tensor x = Input([8, 4, 64, 64]);
        float[] expected = net.Forward(x).ToArray();
        bool staysWhileLearning = !first.Seen.IsStale;
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();

        Tensor y = net.Forward(x);

        Assert.True(staysWhileLearning && first.Seen.IsStale && !last.Seen.IsStale);
        Assert.Equal(expected, y.ToArray());
    }

    [Fact]
    public void It_says_what_is_in_it() => Assert.Equal("Sequential(Linear(5 -> 6), Tanh, Linear(6 -> 2))", Create().ToString());

    protected override Module Create() => new Sequential(new Linear(5, 6), new Tanh(), new Linear(6, 2));

    // Looks at what comes by.
    private sealed class Watcher : Module
    {
        public Tensor Seen { get; private set; }

        public override Tensor Forward(Tensor x) => Seen = x;
    }
}
