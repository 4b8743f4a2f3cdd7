using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Autograd;

/// <summary>What is left behind where a pass fails in the midst: nothing, so that whoever catches the error can go on.</summary>
[Trait("category", "memory")]
[Collection(WholeTeam.Name)]
public sealed class FailureTests
{
    private readonly Tensor _x = Tensor.Variable(Tensor.From([1f, 2, 3], [3])), _w = Tensor.Variable(Tensor.From([4f, 5, 6], [3]));
    private readonly Moody _op = new();

    public static TheoryData<string> Ways => ["backward", "weighted", "part weighted", "to", "rows"];

    // loss = sum of op(x w + x) w, and a second one beside it; the op fails the first time, when gradients have come half of the way.
    [Theory, MemberData(nameof(Ways))]
    public void A_backward_that_failed_can_be_run_again(string way)
    {
        Tensor[] losses = Losses();
        Run(way, losses);
        float[][] expected = [Taken(_x), Taken(_w)];

        for (int failures = 0; failures < 2; failures++)
        {
            _op.Fails = true;
            Assert.Throws<NotSupportedException>(() => Run(way, losses));
            _ = (Taken(_x), Taken(_w));
        }

        _op.Fails = false;
        Run(way, losses);

        Assert.Equal(expected, [Taken(_x), Taken(_w)]);
        Tape.Current.EndStep();
    }

    [Theory, InlineData(true), InlineData(false)]
    public void Everything_comes_back_where_a_step_failed(bool backward)
    {
        Tensor wide = Tensor.Variable(Tensor.Full([300, 300], 0.01f));
        Settle();
        long live = Engine.LiveBlocks;

        for (int i = 0; i < 3; i++)
        {
            Tensor h = wide.MatMul(wide).Relu().LayerNorm();
            Assert.ThrowsAny<Exception>(() =>
            {
                _op.Fails = backward;
                Tensor deep = _op.Apply(h).MatMul(wide);
                (backward ? deep : deep.MatMul(Tensor.Zeros([299, 4]))).Sum().Backward(keepsGraph: false);
            });
            wide.ClearGrad();
            Settle();
        }

        // The leaf's gradient has come to stay, at most.
        Assert.InRange(Engine.LiveBlocks, 0, live + 1);
        Assert.True(Tape.Current.IsRecording);
    }

    [Fact]
    public void Memory_that_is_not_there_is_an_error_that_leaves_nothing()
    {
        Settle();
        long live = Engine.LiveBlocks;

        Assert.ThrowsAny<OutOfMemoryException>(() => Pool.Rent(1L << 44));
        Assert.ThrowsAny<OutOfMemoryException>(() => Pool.RentLasting(1L << 44));

        Assert.InRange(Engine.LiveBlocks, 0, live);
        Assert.Equal([2f, 4, 6], (_x * 2).ToArray());
        Settle();
    }

    // What other tests let go of may come back at any time, unless it has.
    private static void Settle()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Tape.Current.EndStep();
        Tape.Current.Settle();
    }

    private static float[] Taken(Tensor leaf)
    {
        float[] gradient = leaf.Grad is { } grad ? grad.ToArray() : [];
        leaf.ClearGrad();
        return gradient;
    }

    private Tensor[] Losses()
    {
        _op.Fails = false;
        Tensor h = (_x * _w) + _x;
        return [(_op.Apply(h) * _w).Sum(), h.Square().Sum()];
    }

    private void Run(string way, Tensor[] losses)
    {
        switch (way)
        {
            case "backward":
                losses[0].Backward();
                break;
            case "weighted":
                Jacobian.Backward(losses, [0.5, 2]);
                break;
            case "part weighted":
                Jacobian.Backward(losses, [0.5, 2], [_x]);
                break;
            case "to":
                Jacobian.BackwardTo(losses, [0.5, 2], [_x]);
                break;
            default:
                Jacobian.AddToGradients(Jacobian.Rows(losses, [_x, _w]).Sum(0), [_x, _w]);
                break;
        }
    }

    private sealed class Moody : CustomOperation
    {
        public bool Fails { get; set; }

        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => inputs[0] * 3;

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients) =>
            inputGradients[0] = Fails ? throw new NotSupportedException() : gradient * 3;
    }
}
