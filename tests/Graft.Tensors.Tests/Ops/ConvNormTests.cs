using Graft.Tensors.Ops;

namespace Graft.Tensors.Tests.Ops;

/// <summary>A convolution and a batch normalization behind it as one op.</summary>
public sealed class ConvNormTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case([2, 3, 4, 5], [4, 3, 1, 1], Rectifier.Relu6);
            yield return Case([2, 3, 4, 5], [17, 3, 1, 1], Rectifier.None);
            yield return Case([2, 5, 6, 5], [5, 1, 3, 3], Rectifier.Relu6, padding: 1, groups: 5);
            yield return Case([2, 3, 7, 6], [3, 1, 3, 3], Rectifier.Relu, stride: 2, padding: 1, groups: 3);
            yield return Case([2, 3, 5, 5], [4, 3, 3, 3], Rectifier.Relu, padding: 1);
            yield return Case([2, 3, 4, 4], [3, 3, 1, 1], Rectifier.None, adds: true);
            yield return Case([2, 3, 4, 4], [3, 1, 3, 3], Rectifier.None, padding: 1, groups: 3, adds: true);
            yield return Case([2, 3, 4, 4], [3, 3, 3, 3], Rectifier.None, padding: 1, adds: true);
        }
    }

    [Fact]
    public void Large_pictures_give_what_the_two_ops_give()
    {
        // Large enough for the kernels that share passes over memory.
        foreach ((int[] w, int groups, Pair stride) in new (int[], int, Pair)[] { ([48, 16, 1, 1], 1, 1), ([48, 1, 3, 3], 48, 1), ([48, 1, 3, 3], 48, 2) })
        {
            foreach (bool adds in new[] { false, true })
            {
                if (adds && stride.Height == 1)
                {
                    continue;
                }

                float[][] joined = Results(w, groups, stride, adds, isOne: true), apart = Results(w, groups, stride, adds, isOne: false);

                for (int i = 0; i < joined.Length; i++)
                {
                    Close([.. apart[i].Select(v => (double)v)], joined[i], 2e-4, $"[{string.Join(", ", w)}], stride {stride}, adds {adds}, result {i}");
                }
            }
        }
    }

    [Fact]
    public void Where_the_two_are_computed_apart_nothing_is_done()
    {
        Tensor x = Tensor.Ones([1, 2, 1, 1]), w = Tensor.Ones([3, 2, 1, 1]), three = Tensor.Ones([3]);
        Tensor mean = Tensor.Zeros([3]);
        var conv = new ConvParts(w, null, 1, 0, 1, 1);
        var norm = new NormConstants(mean, Tensor.Ones([3]), three, three, 1e-5f);

        // One value a channel; a bias; no factors; a rectifier behind a sum.
        Assert.Null(ConvNormOperation.Apply(x, conv, norm, 0.1f, Rectifier.None, null));
        x = Tensor.Ones([2, 2, 1, 1]);
        Assert.Null(ConvNormOperation.Apply(x, conv with { Bias = three }, norm, 0.1f, Rectifier.None, null));
        Assert.Null(ConvNormOperation.Apply(x, conv, norm with { Scale = null }, 0.1f, Rectifier.None, null));
        Assert.Null(ConvNormOperation.Apply(x, conv, norm, 0.1f, Rectifier.Relu, Tensor.Ones([2, 3, 1, 1])));
        Assert.Equal([0f, 0, 0], mean.ToArray());
    }

    private static float[][] Results(int[] w, int groups, Pair stride, bool adds, bool isOne)
    {
        int[] size = [1, w[1] * groups, 360, 370];
        int outputs = w[0];
        Tensor x = Tensor.Variable(Draw(size, 1)), weight = Tensor.Variable(Draw(w, 2)), gamma = Tensor.Variable(Draw([outputs], 3)), beta = Tensor.Variable(Draw([outputs], 4));
        Tensor mean = Tensor.Zeros([outputs]), variance = Tensor.Ones([outputs]);
        Pair padding = w[2] / 2;
        Tensor plain = x.Conv2d(weight, null, stride, padding, groups: groups);
        Tensor? residual = adds ? Tensor.Variable(Draw(plain.Shape.Sizes.ToArray(), 5)) : null;
        Rectifier rectifier = adds ? Rectifier.None : Rectifier.Relu6;
        Tensor y = isOne
            ? ConvNormOperation.Apply(
                x, new ConvParts(weight, null, stride, padding, 1, groups), new NormConstants(mean, variance, gamma, beta, 1e-5f), 0.1f, rectifier, residual)!.Value
            : plain.BatchNorm(mean, variance, gamma, beta, true, 0.1f, 1e-5f, rectifier, residual);
        Tensor upstream = Draw(y.Shape.Sizes.ToArray(), 6);
        y.Backward(upstream);
        float rows = y.Count / outputs;
        return
        [
            Some(y), mean.ToArray(), variance.ToArray(), Some(x.Grad!.Value), [.. weight.Grad!.Value.ToArray().Select(v => v / MathF.Sqrt(rows))],
            [.. gamma.Grad!.Value.ToArray().Select(v => v / MathF.Sqrt(rows))], [.. beta.Grad!.Value.ToArray().Select(v => v / MathF.Sqrt(rows))],
            residual is { } r ? Some(r.Grad!.Value) : [],
        ];
    }

    // Comparing takes longer than computing: every hundred and first number, all rows, columns and channels among them.
    private static float[] Some(Tensor large) => [.. large.ToArray().Where((_, i) => i % 101 == 0)];

    private static Tensor Draw(int[] shape, int seed)
    {
        var random = new System.Random(seed);
        var values = new float[Nd.Size(shape)];
        foreach (ref float v in values.AsSpan())
        {
            v = (random.NextSingle() * 2) - 1;
        }

        return Tensor.From(values, Shape.Create(shape));
    }

    private static OpCase Case(int[] x, int[] w, Rectifier rectifier, int stride = 1, int padding = 0, int groups = 1, bool adds = false)
    {
        int channels = w[0];
        int[][] shapes = [x, w, [channels], [channels]];
        return new OpCase(
            $"[{string.Join(", ", x)}] * [{string.Join(", ", w)}], stride {stride}, groups {groups}, {rectifier}{(adds ? ", adds" : "")}",
            adds ? [.. shapes, x] : shapes,
            i => ConvNormOperation.Apply(
                i[0], new ConvParts(i[1], null, stride, padding, 1, groups), new NormConstants(Tensor.Zeros([channels]), Tensor.Ones([channels]), i[2], i[3], 1e-5f),
                0.1f, rectifier, adds ? i[4] : null)!.Value,
            i =>
            {
                Nd y = NormTests.Normalized(Conv2dTests.Convolve(i[0], i[1], stride, padding, 1, groups), at => [at[1]], null);
                y = NormTests.Scaled(y, i[2], i[3], at => [at[1]]);
                y = adds ? Nd.Zip(y, i[4], (a, b) => a + b) : y;
                return rectifier == Rectifier.None ? y : y.Map(v => double.IsNaN(v) ? v : Math.Clamp(v, 0, rectifier == Rectifier.Relu6 ? 6 : double.PositiveInfinity));
            })
        {
            GradientTolerance = 5e-4,
            Finite = [1, 2, 3],
        };
    }
}
