using Graft.Tensors.Ops;

namespace Graft.Tensors.Tests.Ops;

[Trait("category", "ops")]
public sealed class FoldedConv2dTests
{
    [Fact]
    public void What_does_not_fit_is_refused_each_time()
    {
        var conv = new ConvParts(Tensor.Ones([4, 2, 3, 3]), null, 1, 1, 1, 1);
        var norm = new NormConstants(Tensor.Zeros([3]), Tensor.Ones([3]), null, null, 1e-5f);
        var folded = new FoldedConv2d();

        for (int i = 0; i < 2; i++)
        {
            Assert.Throws<ShapeException>(() => { folded.Apply(Tensor.Ones([1, 2, 5, 5]), conv, norm, Rectifier.None, null); });
            Assert.Throws<ShapeException>(() => { folded.Apply(Tensor.Ones([1, 1, 5, 5]), conv, norm, Rectifier.None, null); });
            Assert.False(folded.IsFilled);
        }
    }
}
