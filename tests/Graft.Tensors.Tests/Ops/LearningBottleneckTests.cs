using Graft.Tensors.Ops;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Ops;

/// <summary>Inverted bottlenecks whose normalizations learn, as one op.</summary>
public sealed class LearningBottleneckTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case([2, 3, 5, 4], 7, 4, Rectifier.Relu6, 1);
            yield return Case([2, 2, 4, 5], 17, 3, Rectifier.Relu, 2);
            yield return Case([1, 3, 7, 6], 4, 3, Rectifier.Relu6, 1, adds: true);
            yield return Case([2, 5, 6, 5], 0, 3, Rectifier.Relu6, 2);
            yield return Case([2, 3, 4, 4], 0, 3, Rectifier.Relu6, 1, adds: true);
        }
    }

    [Theory, InlineData(1, true, false), InlineData(1, true, true), InlineData(2, true, false), InlineData(1, false, false)]
    public void Large_pictures_give_what_the_ops_give_one_after_the_other(int stride, bool widens, bool adds)
    {
        float[][] joined = Results(stride, widens, adds, isOne: true), apart = Results(stride, widens, adds, isOne: false);

        for (int i = 0; i < joined.Length; i++)
        {
            // Sums over 100,000 pixels mostly cancel: errors are a share of the largest number.
            double largest = apart[i].Max(Math.Abs);
            Close([.. apart[i].Select(v => v / largest)], [.. joined[i].Select(v => (float)(v / largest))], 3e-4, $"stride {stride}, widens {widens}, adds {adds}, result {i}");
        }
    }

    [Theory, InlineData(true), InlineData(false)]
    public void A_part_that_learns_alone_gets_the_gradient_that_it_gets_among_others(bool widens)
    {
        int[][] shapes = [[2, 5, 6, 7], [5, 1, 3, 3], [5], [5], [5, 5, 1, 1], [5], [5], [5, 5, 1, 1], [5], [5]];
        int count = widens ? 10 : 7;
        float[][] together = Gradients(_ => true);

        for (int alone = 0; alone < count; alone++)
        {
            Close([.. together[alone].Select(v => (double)v)], Gradients(i => i == alone)[alone], 1e-6, $"part {alone}");
        }

        float[][] Gradients(Func<int, bool> learns)
        {
            Tensor[] v = [.. shapes.Select((shape, i) => learns(i) ? Tensor.Variable(Draw(shape, i + 1)) : Draw(shape, i + 1))];
            LearningPart Part(int weight, int scale, Pair padding, int groups) => new(
                new ConvParts(v[weight], null, 1, padding, 1, groups), new NormConstants(Tensor.Zeros([5]), Tensor.Ones([5]), v[scale], v[scale + 1], 1e-5f), 0.1f);
            Tensor y = LearningBottleneckOperation.Apply(
                v[0], widens ? Part(7, 8, 0, 1) : null, Part(1, 2, 1, 5), Part(4, 5, 0, 1), Rectifier.Relu6, adds: true, always: true)!.Value;
            y.Backward(Draw([2, 5, 6, 7], 20));
            return [.. v.Select(t => t.Grad?.ToArray() ?? [])];
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        float[][] alone = On(1), two = On(2), four = On(4);

        for (int i = 0; i < alone.Length; i++)
        {
            Kit.AssertSameBits(alone[i], two[i], $"2 threads, result {i}");
            Kit.AssertSameBits(alone[i], four[i], $"4 threads, result {i}");
        }

        static float[][] On(int threads)
        {
            using var team = new TeamOf(threads);
            return Results(2, widens: true, adds: false, isOne: true);
        }
    }

    [Fact]
    public void Where_the_ops_are_computed_apart_nothing_is_done()
    {
        Tensor x = Tensor.Ones([2, 2, 3, 3]), ones = Tensor.Ones([4]), mean = Tensor.Zeros([4]);
        var norm = new NormConstants(mean, Tensor.Ones([4]), ones, ones, 1e-5f);
        var widen = new LearningPart(new ConvParts(Tensor.Ones([4, 2, 1, 1]), null, 1, 0, 1, 1), norm, 0.1f);
        var filter = new LearningPart(new ConvParts(Tensor.Ones([4, 1, 3, 3]), null, 1, 1, 1, 4), norm, 0.1f);
        var narrow = new LearningPart(new ConvParts(Tensor.Ones([4, 4, 1, 1]), null, 1, 0, 1, 1), norm, 0.1f);
        Tensor? Apply(LearningPart? w, LearningPart f, LearningPart n, Rectifier rectifier = Rectifier.Relu, bool adds = false, bool always = true) =>
            LearningBottleneckOperation.Apply(x, w, f, n, rectifier, adds, always);

        // Too small to pay; no rectifier; a bias; no factors; other kernels, strides and margins; channels and sums that do not fit.
        Assert.Null(Apply(widen, filter, narrow, always: false));
        Assert.Null(Apply(widen, filter, narrow, Rectifier.None));
        Assert.Null(Apply(widen with { Conv = widen.Conv with { Bias = ones } }, filter, narrow));
        Assert.Null(Apply(widen, filter with { Norm = norm with { Scale = null } }, narrow));
        Assert.Null(Apply(widen, filter, narrow with { Norm = norm with { Shift = null } }));
        Assert.Null(Apply(widen with { Conv = widen.Conv with { Stride = 2 } }, filter, narrow));
        Assert.Null(Apply(widen, filter with { Conv = filter.Conv with { Stride = 3 } }, narrow));
        Assert.Null(Apply(widen, filter with { Conv = filter.Conv with { Padding = 0 } }, narrow));
        Assert.Null(Apply(widen, filter, narrow with { Conv = narrow.Conv with { Padding = 1 } }));
        Assert.Null(Apply(null, filter, narrow));
        Assert.Null(Apply(widen, filter, narrow, adds: true));
        Assert.Equal([0f, 0, 0, 0], mean.ToArray());
    }

    private static float[][] Results(int stride, bool widens, bool adds, bool isOne)
    {
        const int channels = 8;
        int wide = widens ? 40 : channels, size = widens ? 230 : 400, outputs = adds ? channels : 12;
        Tensor x = Tensor.Variable(Draw([2, channels, size + 1, size], 1)), w = Tensor.Variable(Draw([wide, channels, 1, 1], 2)), f = Tensor.Variable(Draw([wide, 1, 3, 3], 3));
        Tensor n = Tensor.Variable(Draw([outputs, wide, 1, 1], 10));
        var variables = new List<Tensor> { f, n };
        var running = new List<Tensor>();
        LearningPart Part(Tensor weight, int step, int padding, int groups, int seed)
        {
            Shape one = [weight.Shape[0]];
            Tensor scale = Tensor.Variable(Draw([one[0]], seed)), shift = Tensor.Variable(Draw([one[0]], seed + 1)), mean = Tensor.Zeros(one), variance = Tensor.Ones(one);
            variables.AddRange([scale, shift]);
            running.AddRange([mean, variance]);
            return new LearningPart(new ConvParts(weight, null, step, padding, 1, groups), new NormConstants(mean, variance, scale, shift, 1e-5f), 0.1f);
        }

        LearningPart filter = Part(f, stride, 1, wide, 4), narrow = Part(n, 1, 0, 1, 6);
        LearningPart? widen = widens ? Part(w, 1, 0, 1, 8) : null;
        if (widens)
        {
            variables.Add(w);
        }

        Tensor y = isOne
            ? LearningBottleneckOperation.Apply(x, widen, filter, narrow, Rectifier.Relu6, adds)!.Value
            : One(One(widen is { } part ? One(x, part) : x, filter), narrow, Rectifier.None, adds ? x : null);
        y.Backward(Draw(y.Shape.Sizes.ToArray(), 12));
        return [Some(y), Some(x.Grad!.Value), .. running.Select(t => t.ToArray()), .. variables.Select(t => t.Grad!.Value.ToArray())];
    }

    private static Tensor One(Tensor x, LearningPart part, Rectifier rectifier = Rectifier.Relu6, Tensor? residual = null) =>
        ConvNormOperation.Apply(x, part.Conv, part.Norm, part.Momentum, rectifier, residual)!.Value;

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

    private static OpCase Case(int[] x, int widened, int outputs, Rectifier rectifier, int stride, bool adds = false)
    {
        bool widens = widened > 0;
        int wide = widens ? widened : x[1];
        LearningPart Part(Tensor weight, int step, int padding, int groups, Tensor scale, Tensor shift) => new(
            new ConvParts(weight, null, step, padding, 1, groups),
            new NormConstants(Tensor.Zeros([weight.Shape[0]]), Tensor.Ones([weight.Shape[0]]), scale, shift, 1e-5f), 0.1f);
        Nd Of(Nd picture, Nd weight, int step, int padding, int groups, Nd scale, Nd shift) =>
            NormTests.Scaled(NormTests.Normalized(Conv2dTests.Convolve(picture, weight, step, padding, 1, groups), at => [at[1]], null), scale, shift, at => [at[1]]);
        Nd Clipped(Nd y) => y.Map(v => double.IsNaN(v) ? v : Math.Clamp(v, 0, rectifier == Rectifier.Relu6 ? 6 : double.PositiveInfinity));
        int[][] shapes = [x, [wide, 1, 3, 3], [wide], [wide], [outputs, wide, 1, 1], [outputs], [outputs], [wide, x[1], 1, 1], [wide], [wide]];
        return new OpCase(
            $"[{string.Join(", ", x)}] -> {widened} -> {outputs}, stride {stride}, {rectifier}{(adds ? ", adds" : "")}",
            widens ? shapes : shapes[..7],
            i => LearningBottleneckOperation.Apply(
                i[0], widens ? Part(i[7], 1, 0, 1, i[8], i[9]) : null, Part(i[1], stride, 1, wide, i[2], i[3]), Part(i[4], 1, 0, 1, i[5], i[6]), rectifier, adds,
                always: true)!.Value,
            i =>
            {
                Nd y = widens ? Clipped(Of(i[0], i[7], 1, 0, 1, i[8], i[9])) : i[0];
                y = Of(Clipped(Of(y, i[1], stride, 1, wide, i[2], i[3])), i[4], 1, 0, 1, i[5], i[6]);
                return adds ? Nd.Zip(y, i[0], (a, b) => a + b) : y;
            })
        {
            GradientTolerance = 2e-3,
            Finite = [1, 2, 3, 4, 5, 6, 7, 8, 9],
        };
    }
}
