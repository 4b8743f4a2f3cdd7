namespace Graft.Tensors.Tests.Ops;

public sealed class SmokeTests
{
    [Fact]
    public void Chain()
    {
        Tensor a = Tensor.Variable(Tensor.From([1f, 2, 3, 4, 5, 6], [2, 3]));
        Tensor b = Tensor.Variable(Tensor.From([1f, 2, 3], [3]));
        Tensor y = ((a * b) + b).Tanh().Transpose().Slice(0, 1, 2).Sum();
        y.Backward();
        Assert.Equal([2, 3], a.Grad!.Value.Shape.Sizes.ToArray());
        Assert.Equal(0, a.Grad!.Value.ToArray()[0]);
        float t = MathF.Tanh(2 * 2 + 2);
        Assert.Equal((1 - t * t) * 2, a.Grad!.Value.ToArray()[1], 1e-4f);
        Tensor m = a.Max(1);
        Assert.Equal([3f, 6f], m.ToArray());
        Assert.Equal([2, 2], a.ArgMax(1).ToIntArray());
        Tensor big = Tensor.Ones([300, 7, 50]);
        Assert.Equal(105000f, big.Sum().Item());
        Assert.All(big.Sum(0, 2).ToArray(), v => Assert.Equal(15000f, v));
        Assert.All(big.Transpose(0, 2).Sum(1).ToArray(), v => Assert.Equal(7f, v));
    }
}
