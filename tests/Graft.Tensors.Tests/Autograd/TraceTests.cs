using Graft.Tensors.Autograd;

namespace Graft.Tensors.Tests.Autograd;

public sealed class TraceTests
{
    [Fact]
    public void Ops_are_listed_in_order_with_what_they_read_and_gave()
    {
        Tensor x = Tensor.From([1f, 2, 3, 4], [2, 2]), w = Tensor.From([1f, 0, 0, 1], [2, 2]);
        using var trace = new Trace();

        Tensor y = (x.Linear(w, relu: true) * 2).Reshape([4]);

        Assert.Equal(["Linear", "Affine", "Reshape"], trace.Operations.Select(o => o.Name));
        Assert.Equal([trace.PlaceOf(x), trace.PlaceOf(w), -1], trace.Operations[0].Operands);
        Assert.Equal(true, trace.Operations[0].Attributes["relu"]);
        Assert.Equal(trace.Operations[0].Results, trace.Operations[1].Operands);
        Assert.Equal([trace.PlaceOf(y)], trace.Operations[2].Results);
    }

    [Fact]
    public void What_needs_no_gradient_is_listed_as_well()
    {
        Tensor lengths = Tensor.From([1, 2], [2]);
        using var silence = new NoGrad();
        using var trace = new Trace();

        Tensor y = lengths.ToFloat().GreaterThan(Tensor.Full([2, 1], 1)).Sum(1);

        Assert.Equal(["ToFloat", "GreaterThan", "ReduceSum", "Reshape"], trace.Operations.Select(o => o.Name));
        Assert.Equal(2, y.Count);
    }

    [Fact]
    public void Nothing_is_listed_after_the_end()
    {
        Tensor x = Tensor.From([1f], [1]);
        var trace = new Trace();
        trace.Dispose();

        x.Relu();

        Assert.Empty(trace.Operations);
    }

    [Fact]
    public void An_inner_trace_hears_alone()
    {
        Tensor x = Tensor.From([1f], [1]);
        using var outer = new Trace();
        using (var inner = new Trace())
        {
            x.Relu();

            Assert.Single(inner.Operations);
        }

        x.Tanh();

        Assert.Equal("Tanh", Assert.Single(outer.Operations).Name);
    }

    [Fact]
    public void A_loss_does_not_tell_what_it_does_which_is_said()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 2], [1, 2]));
        using var trace = new Trace();
        Tensor loss = x.MseLoss(Tensor.Zeros([1, 2]));

        var e = Assert.Throws<InvalidOperationException>(() => loss * 2);

        Assert.StartsWith("Trace: expected ops that tell what they do, got a tensor [] of one that does not, read by Affine.", e.Message, StringComparison.Ordinal);
    }
}
