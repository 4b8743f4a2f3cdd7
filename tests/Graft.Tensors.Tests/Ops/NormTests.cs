using Graft.Tensors.Random;

namespace Graft.Tensors.Tests.Ops;

/// <summary>Batch, layer and group normalization.</summary>
public sealed class NormTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (int[] x in new int[][] { [5, 1], [4, 3], [2, 17, 3], [2, 3, 2, 5], [3, 33, 2, 1] })
            {
                foreach (bool training in new[] { true, false })
                {
                    yield return Batch(x, training, parts: true, relu: false);
                    yield return Batch(x, training, parts: true, relu: true);
                    yield return Batch(x, training, parts: false, relu: false);
                    yield return Added(x, training, Rectifier.None);
                    yield return Added(x, training, Rectifier.Relu);
                    yield return Added(x, training, Rectifier.Relu6);
                }
            }

            yield return Layer([1, 3], 1, parts: true);
            yield return Layer([5, 17], 1, parts: true);
            yield return Layer([2, 3, 5], 1, parts: false);
            yield return Layer([2, 3, 5], 2, parts: true);
            yield return Layer([4, 33], 1, parts: true);
            yield return Layer([2, 2, 3], 3, parts: true);
            yield return AddedLayer([1, 3], [1, 3], 1);
            yield return AddedLayer([5, 17], [5, 17], 1);
            yield return AddedLayer([2, 3, 5], [2, 3, 5], 2);
            yield return AddedLayer([2, 3, 33], [3, 33], 1);
            yield return Group([2, 4], 2, parts: true);
            yield return Group([2, 6, 3, 2], 3, parts: true);
            yield return Group([1, 17, 2, 3], 1, parts: true);
            yield return Group([2, 3, 5], 3, parts: false);
        }
    }

    [Fact]
    public void A_sum_of_a_tensor_with_itself_gives_it_both_gradients()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 2, 4, -1, 0, 3], [2, 3])), twice = Tensor.Variable(x.Detach()), upstream = Tensor.From([1f, -2, 0.5f, 3, 1, 1], [2, 3]);

        x.AddLayerNorm(x).Backward(upstream);
        (twice + twice).LayerNorm().Backward(upstream);

        Close([.. twice.Grad!.Value.ToArray().Select(g => (double)g)], x.Grad!.Value.ToArray(), 1e-6, "gradient");
    }

    [Fact]
    public void Running_statistics_move_towards_those_of_the_batch()
    {
        Tensor mean = Tensor.From([1f], [1]), variance = Tensor.From([2f], [1]);

        Tensor.From([1f, 2, 6], [3, 1]).BatchNorm(mean, variance, momentum: 0.25f);

        // Mean 3; squares of the distances 4 + 1 + 9, unbiased variance 7.
        Assert.Equal(1.5f, mean.Item(), 1e-6f);
        Assert.Equal(3.25f, variance.Item(), 1e-6f);
    }

    [Fact]
    public void Outside_of_training_running_statistics_stay_and_one_row_is_enough()
    {
        Tensor mean = Tensor.From([1f], [1]), variance = Tensor.From([4f], [1]);

        Tensor y = Tensor.From([5f], [1, 1]).BatchNorm(mean, variance, training: false);

        Assert.Equal(2, y.Item(), 1e-4f);
        Assert.Equal(1, mean.Item());
        Assert.Equal(4, variance.Item());
    }

    [Fact]
    public void One_row_in_training_is_refused()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([1, 64]).BatchNorm(Tensor.Zeros([64]), Tensor.Ones([64])));

        Assert.Equal(
            "BatchNorm(64): expected at least two values a channel in training, got [1, 64]. Drop a last batch of one row, or make batches larger.", e.Message);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        Tensor x = Tensor.Ones([2, 3, 4]);

        var e = Assert.Throws<ShapeException>(() => x.BatchNorm(Tensor.Ones([4]), Tensor.Ones([3])));
        var f = Assert.Throws<ShapeException>(() => x.LayerNorm(Tensor.Ones([3])));
        var g = Assert.Throws<ShapeException>(() => x.GroupNorm(2));

        Assert.Equal("BatchNorm(3): expected running means of shape [3], got [4].", e.Message);
        Assert.Equal("LayerNorm([4]): expected weights and biases of shape [4], got [3].", f.Message);
        Assert.Equal("GroupNorm(2): expected a number of channels that 2 groups divide, got [2, 3, 4].", g.Message);
    }

    [Theory]
    [InlineData(Rectifier.None, true, false)]
    [InlineData(Rectifier.Relu, true, true)]
    [InlineData(Rectifier.Relu6, true, true)]
    [InlineData(Rectifier.Relu6, true, false)]
    [InlineData(Rectifier.Relu6, false, true)]
    public void One_pass_is_the_passes_apart(Rectifier rectifier, bool training, bool reused)
    {
        float[] Run(bool fused)
        {
            var random = RandomStream.For(5, "one pass");
            Tensor Draw(params int[] sizes)
            {
                Shape shape = Shape.Create(sizes);
                var values = new float[shape.Count];
                random.FillNormal(values);
                return Tensor.Variable(Tensor.From(values, shape) * 2);
            }

            Tensor x = Draw(3, 37, 5, 2), r = Draw(3, 37, 5, 2), w = Draw(37), b = Draw(37), mean = Tensor.Zeros([37]).Keep(), variance = Tensor.Ones([37]).Keep(), plus = r * 2;
            Tensor norm = fused
                ? x.BatchNorm(mean, variance, w, b, training, 0.1f, 1e-5f, rectifier, plus)
                : rectifier.Apply(x.BatchNorm(mean, variance, w, b, training) + plus);

            // The residual is used once more behind, or not: its gradient is written or added to.
            (norm.Square().Sum() + (reused ? plus.Square().Sum() : Tensor.Zero)).Backward();
            return [.. norm.ToArray(), .. x.Grad!.Value.ToArray(), .. r.Grad!.Value.ToArray(), .. w.Grad!.Value.ToArray(), .. b.Grad!.Value.ToArray(), .. mean.ToArray(), .. variance.ToArray()];
        }

        float[] one = Run(fused: true), apart = Run(fused: false);

        OpConformance.Close([.. apart.Select(v => (double)v)], one, 1e-5, "one pass");
    }

    [Fact]
    public void A_residual_of_another_shape_is_refused()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).BatchNorm(
            Tensor.Zeros([3]), Tensor.Ones([3]), null, null, true, 0.1f, 1e-5f, Rectifier.None, Tensor.Ones([1, 3])));

        Assert.Equal("BatchNorm(3): expected a residual of shape [2, 3], got [1, 3].", e.Message);
    }

    [Fact]
    public void A_large_mean_does_not_drown_the_variance()
    {
        Tensor x = Tensor.From([10000f, 10001, 10002, 10003], [4, 1]);

        float[] y = x.BatchNorm(Tensor.Zeros([1]), Tensor.Ones([1])).ToArray();

        // Standard deviation sqrt(1.25). The mean times it, 8944, is rounded to 0.001; half of that may be missing.
        OpConformance.Close([-1.34164, -0.44721, 0.44721, 1.34164], y, 3e-4, "y");
    }

    private static OpCase Batch(int[] x, bool training, bool parts, bool relu)
    {
        int channels = x[1];
        float[] mean = [.. Enumerable.Range(0, channels).Select(c => 0.1f * (c % 5) - 0.2f)], variance = [.. Enumerable.Range(0, channels).Select(c => 0.5f + (c % 3))];
        return new OpCase(
            $"batch [{string.Join(", ", x)}]{(training ? ", training" : "")}{(parts ? ", parts" : "")}{(relu ? ", relu" : "")}",
            parts ? [x, [channels], [channels]] : [x],
            i => i[0].BatchNorm(Tensor.From(mean, [channels]), Tensor.From(variance, [channels]), parts ? i[1] : null, parts ? i[2] : null, training, relu: relu),
            i =>
            {
                Nd y = Normalized(i[0], at => [at[1]], training ? null : c => (mean[c[0]], variance[c[0]]));
                y = parts ? Scaled(y, i[1], i[2], at => [at[1]]) : y;
                return relu ? y.Map(v => double.IsNaN(v) ? v : Math.Max(v, 0)) : y;
            })
        {
            GradientTolerance = 3e-4,
            Finite = [1, 2],
        };
    }

    // Factors around 3, so that some results lie above 6.
    private static OpCase Added(int[] x, bool training, Rectifier rectifier)
    {
        int channels = x[1];
        float[] mean = [.. Enumerable.Range(0, channels).Select(c => 0.1f * (c % 5) - 0.2f)], variance = [.. Enumerable.Range(0, channels).Select(c => 0.5f + (c % 3))];
        return new OpCase(
            $"batch [{string.Join(", ", x)}]{(training ? ", training" : "")}, residual, {rectifier}",
            [x, [channels], [channels], x],
            i => i[0].BatchNorm(Tensor.From(mean, [channels]), Tensor.From(variance, [channels]), i[1] * 3, i[2], training, 0.1f, 1e-5f, rectifier, i[3]),
            i =>
            {
                Nd y = Scaled(Normalized(i[0], at => [at[1]], training ? null : c => (mean[c[0]], variance[c[0]])), i[1].Map(v => 3 * v), i[2], at => [at[1]]);
                double least = rectifier == Rectifier.None ? double.NegativeInfinity : 0, most = rectifier == Rectifier.Relu6 ? 6 : double.PositiveInfinity;
                return new Nd(y.Shape, at => double.IsNaN(y[at] + i[3][at]) ? double.NaN : Math.Clamp(y[at] + i[3][at], least, most));
            })
        {
            GradientTolerance = 1e-3,
            Finite = [1, 2],
        };
    }

    private static OpCase Layer(int[] x, int axes, bool parts) => new(
        $"layer [{string.Join(", ", x)}] over {axes}",
        parts ? [x, x[^axes..], x[^axes..]] : [x],
        i => i[0].LayerNorm(parts ? i[1] : null, parts ? i[2] : null, axes),
        i =>
        {
            Nd y = Normalized(i[0], at => at[..^axes], null);
            return parts ? Scaled(y, i[1], i[2], at => at[^axes..]) : y;
        })
    {
        GradientTolerance = 3e-4,
        Finite = [1, 2],
    };

    private static OpCase AddedLayer(int[] x, int[] residual, int axes) => new(
        $"layer [{string.Join(", ", x)}] over {axes} of a sum with [{string.Join(", ", residual)}]",
        [x, x[^axes..], x[^axes..], residual],
        i => i[0].AddLayerNorm(i[3], i[1], i[2], axes),
        i => Scaled(Normalized(Nd.Zip(i[0], i[3], (a, b) => a + b), at => at[..^axes], null), i[1], i[2], at => at[^axes..]))
    {
        GradientTolerance = 3e-4,
        Finite = [1, 2],
    };

    private static OpCase Group(int[] x, int groups, bool parts) => new(
        $"group [{string.Join(", ", x)}] in {groups}",
        parts ? [x, [x[1]], [x[1]]] : [x],
        i => i[0].GroupNorm(groups, parts ? i[1] : null, parts ? i[2] : null),
        i =>
        {
            Nd y = Normalized(i[0], at => [at[0], at[1] / (x[1] / groups)], null);
            return parts ? Scaled(y, i[1], i[2], at => [at[1]]) : y;
        })
    {
        GradientTolerance = 3e-4,
        Finite = [1, 2],
    };

    // Elements with one key share mean and variance.
    internal static Nd Normalized(Nd x, Func<int[], int[]> key, Func<int[], (double Mean, double Variance)>? given)
    {
        string Name(int n) => string.Join(",", key(x.At(n)));
        var groups = Enumerable.Range(0, x.Data.Length).GroupBy(Name).ToDictionary(g => g.Key, g =>
        {
            if (given is not null)
            {
                return given(key(x.At(g.First())));
            }

            double mean = g.Average(n => x.Data[n]);
            return (mean, g.Average(n => (x.Data[n] - mean) * (x.Data[n] - mean)));
        });
        var y = new Nd(x.Shape);
        for (int n = 0; n < y.Data.Length; n++)
        {
            (double mean, double variance) = groups[Name(n)];
            y.Data[n] = (x.Data[n] - mean) / Math.Sqrt(variance + 1e-5f);
        }

        return y;
    }

    internal static Nd Scaled(Nd y, Nd weight, Nd bias, Func<int[], int[]> key) => new(y.Shape, at => (y[at] * weight[key(at)]) + bias[key(at)]);
}
