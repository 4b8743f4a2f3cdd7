namespace Graft.Tensors.Tests.Ops;

/// <summary>Softmax and its logarithm.</summary>
public sealed class SoftmaxTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach ((int[] shape, int axis) in new[]
            {
                (new[] { 1 }, 0), ([3], 0), ([17], -1), ([5, 33], 1), ([3, 15], 0), ([2, 3, 4, 5], 1), ([2, 3, 5], 0), ([2, 3, 5], 1), ([0, 3], 1), ([2, 16], -1),
            })
            {
                foreach (float scale in new[] { 1, 0.5f, -2 })
                {
                    yield return Case(shape, axis, scale, log: false);
                    yield return Case(shape, axis, scale, log: true);
                }
            }
        }
    }

    [Fact]
    public void Scores_of_a_thousand_do_not_overflow()
    {
        Tensor x = Tensor.From([1000f, 1000, -1000], [3]);

        Assert.Equal([0.5f, 0.5f, 0], x.Softmax().ToArray());
        Assert.Equal([-MathF.Log(2), -MathF.Log(2), -2000 - MathF.Log(2)], x.LogSoftmax().ToArray());
    }

    [Fact]
    public void A_score_of_minus_infinity_has_no_share()
    {
        Assert.Equal([0.5f, 0, 0.5f], Tensor.From([1f, float.NegativeInfinity, 1], [3]).Softmax().ToArray());
    }

    private static OpCase Case(int[] shape, int axis, float scale, bool log) => new(
        $"{(log ? "log " : "")}softmax [{string.Join(", ", shape)}] along {axis}, scale {scale}",
        [shape],
        x => log ? x[0].LogSoftmax(axis, scale) : x[0].Softmax(axis, scale),
        x =>
        {
            int at = axis < 0 ? axis + shape.Length : axis;
            int[] kept = [.. shape];
            kept[at] = 1;
            Nd scaled = x[0].Map(v => v * scale);
            Nd top = scaled.Reduce([at], v => v.Aggregate(Math.Max)).Reshape(kept);
            Nd shifted = Nd.Zip(scaled, top, (v, m) => v - m);
            Nd sum = shifted.Reduce([at], v => v.Sum(Math.Exp)).Reshape(kept);
            return Nd.Zip(shifted, sum, (v, s) => log ? v - Math.Log(s) : Math.Exp(v) / s);
        })
        {
            Finite = shape[^1] == 0 || shape.Contains(0) ? [0] : [],
        };
}
