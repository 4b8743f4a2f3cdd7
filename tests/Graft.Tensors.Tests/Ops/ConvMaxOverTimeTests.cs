using Graft.Tensors.Autograd;

namespace Graft.Tensors.Tests.Ops;

/// <summary>A convolution of sequences and its greatest result over time.</summary>
public sealed class ConvMaxOverTimeTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case([1, 1, 1], [1, 1, 1]);
            yield return Case([2, 7, 3], [4, 3, 2]);
            yield return Case([0, 5, 3], [4, 3, 2]);
            yield return Case([3, 9, 5], [17, 5, 1, 4]);
            yield return Case([2, 20, 4], [35, 4, 3], bias: false);
            yield return Case([2, 3, 4], [5, 4, 5]);
            yield return Case([4, 8, 3], [6, 3, 3], lengths: [8, 5, 2, 1]);
        }
    }

    // The same products in the same order, so the same bits, as far as the convolution has no way of its own.
    [Fact]
    public void It_gives_the_bits_of_the_two_ops_and_their_gradients()
    {
        foreach ((int[] shape, int[] kernel, int[]? lengths) in new (int[], int[], int[]?)[]
            { ([3, 21, 10], [37, 10, 1, 3], null), ([3, 9, 5], [16, 5, 1, 2], [9, 4, 2]), ([2, 3, 5], [7, 5, 1, 4], null) })
        {
            float[][] joined = Results(shape, kernel, lengths, isOne: true), apart = Results(shape, kernel, lengths, isOne: false);

            Assert.Equal(apart[0], joined[0]);
            for (int i = 1; i < joined.Length; i++)
            {
                Close([.. apart[i].Select(v => (double)v)], joined[i], 1e-5, $"[{string.Join(", ", shape)}], gradient {i}");
            }
        }
    }

    // Large enough for minimal filtering, which rounds otherwise.
    [Fact]
    public void Large_shapes_give_what_the_two_ops_give()
    {
        foreach (int[]? lengths in new int[]?[] { null, [24, 7, 4, 0] })
        {
            float[][] joined = Results([4, 24, 40], [40, 40, 1, 5], lengths, isOne: true), apart = Results([4, 24, 40], [40, 40, 1, 5], lengths, isOne: false);

            for (int i = 0; i < joined.Length; i++)
            {
                Close([.. apart[i].Select(v => (double)v)], joined[i], 2e-5, $"lengths {lengths is not null}, result {i}");
            }
        }
    }

    // Words 2 and 3 are those at 0 and 1, so that the places 0 and 2 give the same: 1 · 1 + 2 · 1 = 3. The first gets the gradient.
    [Theory]
    [InlineData(100, 50)]
    [InlineData(5, 9)]
    public void A_row_alone_has_the_bits_it_has_among_others(int width, int steps)
    {
        float[] row = Numbers(steps * width, 3);
        Tensor w = Tensor.From(Numbers(100 * width * 3, 4), [100, width, 3]);

        using var none = new NoGrad();
        float[] alone = Tensor.From(row, [1, steps, width]).ConvMaxOverTime(w).ToArray();
        float[] among = Tensor.From([.. row, .. row, .. Numbers(14 * steps * width, 5)], [16, steps, width]).ConvMaxOverTime(w).ToArray();

        Assert.Equal(alone, among[..100]);
        Assert.Equal(alone, among[100..200]);
    }

    // A place that does not see an infinity is not touched by it, whichever way the windows go.
    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Infinities_are_where_the_definition_has_them(float infinity)
    {
        const int Rows = 8, Steps = 50, Width = 100, Outputs = 32;
        float[] x = Numbers(Rows * Steps * Width, 6), w = [.. Numbers(Outputs * Width * 3, 7).Select(MathF.Abs)];
        x[(3 * Steps * Width) + (20 * Width) + 5] = infinity;

        using var none = new NoGrad();
        float[] y = Tensor.From(x, [Rows, Steps, Width]).ConvMaxOverTime(Tensor.From(w, [Outputs, Width, 3])).ToArray();

        Assert.DoesNotContain(y, float.IsNaN);
        Assert.All(y[(3 * Outputs)..(4 * Outputs)], v => Assert.Equal(infinity > 0, float.IsInfinity(v)));
        Assert.All(y[..(3 * Outputs)], v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void Loops_that_record_nothing_go_on_as_long_as_they_like()
    {
        Tensor x = Tensor.From(Numbers(1024 * 4 * 8, 8), [1024, 4, 8]), w = Tensor.From(Numbers(1024 * 8 * 3, 9), [1024, 8, 3]);
        Tensor lengths = Tensor.From([.. Enumerable.Range(0, 1024).Select(i => i % 5)], [1024]);

        using var none = new NoGrad();
        float[] first = x.ConvMaxOverTime(w, null, lengths).ToArray();
        for (int i = 0; i < 70; i++)
        {
            Tensor y = x.ConvMaxOverTime(w, null, lengths);
            Assert.Equal(first[^1], y.ToArray()[^1]);
        }
    }

    [Fact]
    public void Of_equal_results_the_first_gets_the_gradient()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 2, 1, 2], [1, 4, 1])), w = Tensor.Variable(Tensor.From([1f, 1], [1, 1, 2]));

        Tensor y = x.ConvMaxOverTime(w);
        y.Backward(Tensor.From([5f], [1, 1]));

        Assert.Equal([3f], y.ToArray());
        Assert.Equal([5f, 5, 0, 0], x.Grad!.Value.ToArray());
        Assert.Equal([5f, 10], w.Grad!.Value.ToArray());
        Tape.Current.EndStep();
    }

    [Fact]
    public void A_trace_tells_of_a_convolution_and_a_maximum()
    {
        Tensor x = Values([2, 6, 3], 1), w = Values([4, 3, 1, 2], 2), bias = Values([4], 3), lengths = Tensor.From([6, 3], [2]);
        float[] expected = x.ConvMaxOverTime(w, bias, lengths).ToArray();
        using var trace = new Trace();

        Tensor y = x.ConvMaxOverTime(w, bias, lengths);

        string[] names = [.. trace.Operations.Select(o => o.Name)];
        Assert.Contains("Conv2d", names);
        Assert.Contains("ReduceMax", names);
        Assert.Equal(expected, y.ToArray());
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        Tensor x = Tensor.Ones([2, 6, 3]), w = Tensor.Ones([4, 3, 2]);

        Assert.Equal(
            "ConvMaxOverTime(3 -> 4, 2): expected input [B, T, 3], got [2, 6, 5].",
            Assert.Throws<ShapeException>(() => Tensor.Ones([2, 6, 5]).ConvMaxOverTime(w)).Message);
        Assert.Equal(
            "ConvMaxOverTime(3 -> 4, 2): expected a length for each of 2 rows, got [3].",
            Assert.Throws<ShapeException>(() => x.ConvMaxOverTime(w, null, Tensor.From([1, 2, 3], [3]))).Message);
        Assert.Equal(
            "ConvMaxOverTime: expected a weight [O, D, w] or [O, D, 1, w], got [4, 3, 2, 2].",
            Assert.Throws<ShapeException>(() => x.ConvMaxOverTime(Tensor.Ones([4, 3, 2, 2]))).Message);
        Assert.Equal(
            "ConvMaxOverTime: expected lengths from 0 to 6, got -1 at place 1.",
            Assert.Throws<ShapeException>(() => x.ConvMaxOverTime(w, null, Tensor.From([6, -1], [2]))).Message);
        Assert.Throws<ShapeException>(() => x.ConvMaxOverTime(w, null, Tensor.From([7, 0], [2])));
        Assert.Throws<ShapeException>(() => Tensor.Ones([2, 0, 3]).ConvMaxOverTime(w));
        Assert.Throws<ShapeException>(() => x.ConvMaxOverTime(w, Tensor.Ones([3])));
    }

    private static float[] Numbers(int count, int seed) => Values([count], seed).ToArray();

    private static float[][] Results(int[] shape, int[] kernel, int[]? lengths, bool isOne)
    {
        Tensor x = Tensor.Variable(Values(shape, 1)), w = Tensor.Variable(Values(kernel, 2)), bias = Tensor.Variable(Values([kernel[0]], 3));
        Tensor? ends = lengths is null ? null : Tensor.From(lengths, [lengths.Length]);
        Tensor y;
        if (isOne)
        {
            y = x.ConvMaxOverTime(w, bias, ends);
        }
        else
        {
            // Who traces is told of two ops: these are computed.
            using var trace = new Trace();
            y = x.ConvMaxOverTime(w, bias, ends);
        }

        y.Backward(Values(y.Shape.Sizes.ToArray(), 4));
        float[][] all = [y.ToArray(), x.Grad!.Value.ToArray(), w.Grad!.Value.ToArray(), bias.Grad!.Value.ToArray()];
        Tape.Current.EndStep();
        return all;
    }

    private static Tensor Values(int[] shape, int seed)
    {
        var random = new System.Random(seed);
        return Tensor.From([.. Enumerable.Range(0, Nd.Size(shape)).Select(_ => (random.NextSingle() * 2) - 1)], Shape.Create(shape));
    }

    private static OpCase Case(int[] x, int[] w, bool bias = true, int[]? lengths = null)
    {
        int[][] shapes = [x, w];
        Tensor? ends = lengths is null ? null : Tensor.From(lengths, [lengths.Length]);
        return new OpCase(
            $"[{string.Join(", ", x)}] * [{string.Join(", ", w)}], bias {bias}, lengths {lengths is not null}",
            bias ? [.. shapes, [w[0]]] : shapes,
            i => i[0].ConvMaxOverTime(i[1], bias ? i[2] : null, ends),
            i => Reference(i[0], i[1], bias ? i[2] : null, lengths));
    }

    private static Nd Reference(Nd x, Nd w, Nd? bias, int[]? lengths)
    {
        int window = w.Shape[^1], width = w.Shape[1];
        return new Nd([x.Shape[0], w.Shape[0]], at =>
        {
            int steps = lengths?[at[0]] ?? x.Shape[1];
            double[] all = [.. Enumerable.Range(0, Math.Max(1, steps - window + 1)).Select(place =>
            {
                double sum = bias?[at[1]] ?? 0;
                for (int j = 0; j < Math.Min(window, steps); j++)
                {
                    for (int d = 0; d < width; d++)
                    {
                        sum += x[at[0], place + j, d] * w.Data[(((at[1] * width) + d) * window) + j];
                    }
                }

                return sum;
            })];
            return all.Any(double.IsNaN) ? double.NaN : all.Max();
        });
    }
}
