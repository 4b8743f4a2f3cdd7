using Graft.Tensors.Ops;

namespace Graft.Tensors.Tests.Ops;

/// <summary>Pictures widened and filtered, with normalizations that learn, as one op.</summary>
public sealed class WidenedConvNormTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case([2, 3, 5, 4], 7, Rectifier.Relu6, 1);
            yield return Case([2, 2, 4, 5], 17, Rectifier.Relu, 2);
            yield return Case([1, 3, 7, 6], 4, Rectifier.Relu6, 2);
        }
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Large_pictures_give_what_the_two_ops_give(int stride)
    {
        float[][] joined = Results(stride, isOne: true), apart = Results(stride, isOne: false);

        for (int i = 0; i < joined.Length; i++)
        {
            // Sums over 100,000 pixels mostly cancel: errors are a share of the largest number.
            double largest = apart[i].Max(Math.Abs);
            Close([.. apart[i].Select(v => v / largest)], [.. joined[i].Select(v => (float)(v / largest))], 2e-4, $"stride {stride}, result {i}");
        }
    }

    [Fact]
    public void Where_the_ops_are_computed_apart_nothing_is_done()
    {
        Tensor x = Tensor.Ones([2, 2, 3, 3]), ones = Tensor.Ones([4]), mean = Tensor.Zeros([4]);
        var norm = new NormConstants(mean, Tensor.Ones([4]), ones, ones, 1e-5f);
        var widen = new LearningPart(new ConvParts(Tensor.Ones([4, 2, 1, 1]), null, 1, 0, 1, 1), norm, 0.1f);
        var filter = new LearningPart(new ConvParts(Tensor.Ones([4, 1, 3, 3]), null, 1, 1, 1, 4), norm, 0.1f);

        // Too small to pay; no rectifier; a bias; no factors; other kernels, strides and margins.
        Assert.Null(WidenedConvNormOperation.Apply(x, widen, filter, Rectifier.Relu));
        Assert.Null(WidenedConvNormOperation.Apply(x, widen, filter, Rectifier.None, always: true));
        Assert.Null(WidenedConvNormOperation.Apply(x, widen with { Conv = widen.Conv with { Bias = ones } }, filter, Rectifier.Relu, always: true));
        Assert.Null(WidenedConvNormOperation.Apply(x, widen, filter with { Norm = norm with { Scale = null } }, Rectifier.Relu, always: true));
        Assert.Null(WidenedConvNormOperation.Apply(x, widen with { Conv = widen.Conv with { Stride = 2 } }, filter, Rectifier.Relu, always: true));
        Assert.Null(WidenedConvNormOperation.Apply(x, widen, filter with { Conv = filter.Conv with { Stride = 3 } }, Rectifier.Relu, always: true));
        Assert.Null(WidenedConvNormOperation.Apply(x, widen, filter with { Conv = filter.Conv with { Padding = 0 } }, Rectifier.Relu, always: true));
        Assert.Equal([0f, 0, 0, 0], mean.ToArray());
    }

    private static float[][] Results(int stride, bool isOne)
    {
        const int channels = 8, wide = 40;
        Tensor x = Tensor.Variable(Draw([2, channels, 231, 230], 1)), w = Tensor.Variable(Draw([wide, channels, 1, 1], 2)), f = Tensor.Variable(Draw([wide, 1, 3, 3], 3));
        Tensor[] parts = [.. Enumerable.Range(4, 4).Select(seed => Tensor.Variable(Draw([wide], seed)))];
        Tensor[] running = [Tensor.Zeros([wide]), Tensor.Ones([wide]), Tensor.Zeros([wide]), Tensor.Ones([wide])];
        var widen = new LearningPart(new ConvParts(w, null, 1, 0, 1, 1), new NormConstants(running[0], running[1], parts[0], parts[1], 1e-5f), 0.1f);
        var filter = new LearningPart(new ConvParts(f, null, stride, 1, 1, wide), new NormConstants(running[2], running[3], parts[2], parts[3], 1e-5f), 0.1f);
        Tensor y = isOne
            ? WidenedConvNormOperation.Apply(x, widen, filter, Rectifier.Relu6)!.Value
            : One(One(x, widen), filter);
        y.Backward(Draw(y.Shape.Sizes.ToArray(), 9));
        return
        [
            Some(y), .. running.Select(t => t.ToArray()), Some(x.Grad!.Value), w.Grad!.Value.ToArray(), f.Grad!.Value.ToArray(), .. parts.Select(t => t.Grad!.Value.ToArray()),
        ];
    }

    private static Tensor One(Tensor x, LearningPart part) => ConvNormOperation.Apply(x, part.Conv, part.Norm, part.Momentum, Rectifier.Relu6, null)!.Value;

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

    private static OpCase Case(int[] x, int wide, Rectifier rectifier, int stride)
    {
        int[] one = [wide];
        LearningPart Part(Tensor weight, int step, int padding, int groups, Tensor scale, Tensor shift) => new(
            new ConvParts(weight, null, step, padding, 1, groups), new NormConstants(Tensor.Zeros([wide]), Tensor.Ones([wide]), scale, shift, 1e-5f), 0.1f);
        Nd Of(Nd picture, Nd weight, int step, int padding, int groups, Nd scale, Nd shift)
        {
            Nd y = NormTests.Normalized(Conv2dTests.Convolve(picture, weight, step, padding, 1, groups), at => [at[1]], null);
            y = NormTests.Scaled(y, scale, shift, at => [at[1]]);
            return y.Map(v => double.IsNaN(v) ? v : Math.Clamp(v, 0, rectifier == Rectifier.Relu6 ? 6 : double.PositiveInfinity));
        }

        return new OpCase(
            $"[{string.Join(", ", x)}] -> {wide}, stride {stride}, {rectifier}",
            [x, [wide, x[1], 1, 1], one, one, [wide, 1, 3, 3], one, one],
            i => WidenedConvNormOperation.Apply(
                i[0], Part(i[1], 1, 0, 1, i[2], i[3]), Part(i[4], stride, 1, wide, i[5], i[6]), rectifier, always: true)!.Value,
            i => Of(Of(i[0], i[1], 1, 0, 1, i[2], i[3]), i[4], stride, 1, wide, i[5], i[6]))
        {
            GradientTolerance = 1e-3,
            Finite = [1, 2, 3, 4, 5, 6],
        };
    }
}
