using Graft.Tensors.Random;

namespace Graft.Tensors.Tests.Ops;

public sealed class DropoutTests : OpConformance
{
    private static readonly RandomStream Stream = RandomStream.For(3, "dropout", 5);

    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (int[] shape in new int[][] { [1], [3], [15], [17, 3], [33], [2, 3, 5] })
            {
                // Whatever lies in the same order in memory gets the same mask: the reference takes it from a tensor of ones.
                yield return new OpCase($"[{string.Join(", ", shape)}]", [shape], x => x[0].Contiguous().Dropout(0.4f, Stream), x => Nd.Zip(x[0], Mask(shape), (v, m) => v * m))
                {
                    CarriesNaN = false,
                };
            }
        }
    }

    [Fact]
    public void The_mask_is_what_the_stream_says()
    {
        var uniform = new float[103];
        Stream.FillUniform(uniform);

        float[] y = Tensor.Ones([103]).Dropout(0.25f, Stream).ToArray();

        Assert.Equal(uniform.Select(u => u < 0.25f ? 0 : 1 / 0.75f), y);
    }

    [Fact]
    public void A_share_of_p_is_set_to_0_and_the_mean_stays()
    {
        float[] y = Tensor.Ones([100_000]).Dropout(0.3f, Stream).ToArray();

        // The standard deviation of the share is sqrt(0.3 0.7 / 100,000) = 0.0014; five of them.
        Assert.Equal(0.3, y.Count(v => v == 0) / 100_000.0, 0.0073);
        Assert.Equal(1, y.Average(), 0.0105f);
    }

    [Fact]
    public void Another_index_gives_another_mask_and_no_dropout_gives_the_tensor_itself()
    {
        Tensor x = Tensor.Ones([64]);

        Assert.NotEqual(x.Dropout(0.5f, Stream).ToArray(), x.Dropout(0.5f, Stream.At(6)).ToArray());
        Assert.Equal(x, x.Dropout(0, Stream));
    }

    [Fact]
    public void A_probability_of_1_is_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones([2]).Dropout(1, Stream));

        Assert.StartsWith("p: expected a number in [0, 1), got 1.", e.Message, StringComparison.Ordinal);
    }

    private static Nd Mask(int[] shape) => Nd.From(Tensor.Ones(Shape.Create(shape)).Dropout(0.4f, Stream));
}
