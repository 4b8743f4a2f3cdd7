namespace Graft.Tensors.Tests.Ops;

/// <summary>Every op that joins the elements along axes.</summary>
public sealed class ReductionTests : OpConformance
{
    private static readonly (int[] Shape, int[] Axes)[] Uses =
    [
        ([], []), ([1], [0]), ([17], []), ([33], [0]), ([3, 15], [1]), ([3, 15], [0]), ([3, 15], []), ([17, 3], [-1]), ([2, 3, 5], [0, 2]),
        ([2, 3, 5], [1]), ([2, 3, 4, 5], [2, 3]), ([2, 3, 4, 5], [0, 2, 3]), ([4, 1, 3], [1]),
    ];

    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach ((int[] shape, int[] axes) in Uses)
            {
                yield return Case("sum", shape, axes, x => x.Sum(axes), v => v.Sum());
                yield return Case("mean", shape, axes, x => x.Mean(axes), v => v.Average());
                yield return Case("max", shape, axes, x => x.Max(axes), v => v.Aggregate(Math.Max));
                yield return Case("min", shape, axes, x => x.Min(axes), v => v.Aggregate(Math.Min));
                yield return Case("variance", shape, axes, x => x.Variance(keepAxes: false, unbiased: false, axes), Variance);
                yield return Case("log sum exp", shape, axes, x => x.LogSumExp(keepAxes: false, axes), LogSumExp);
                yield return Kept("sum", shape, axes, x => x.Sum(keepAxes: true, axes), v => v.Sum());
                yield return Kept("mean", shape, axes, x => x.Mean(keepAxes: true, axes), v => v.Average());
                yield return Kept("max", shape, axes, x => x.Max(keepAxes: true, axes), v => v.Aggregate(Math.Max));
                yield return Kept("log sum exp", shape, axes, x => x.LogSumExp(keepAxes: true, axes), LogSumExp);
            }

            yield return Case("unbiased variance", [3, 5], [1], x => x.Variance(keepAxes: false, unbiased: true, 1), v => Variance(v) * 5 / 4);
            yield return Case("sum", [0, 3], [0], x => x.Sum(0), v => v.Sum());
        }
    }

    [Fact]
    public void The_place_of_the_greatest_is_the_first_of_several_and_the_first_NaN()
    {
        Tensor x = Tensor.From([1f, 5, 5, 2, float.NaN, 9, 7, float.NaN, 3], [3, 3]);

        Assert.Equal([1, 1, 1], x.ArgMax().ToIntArray());
        Assert.Equal([2, 1, 1], Tensor.From([1f, 5, 5, 2, 4, 9, 7, 8, 3], [3, 3]).ArgMax(0).ToIntArray()[..1].Concat([1, 1]));
        Assert.Equal([1, 2, 0], Tensor.From([1f, 5, 5, 2, 4, 9, 7, 2, 3], [3, 3]).ArgMax(1).ToIntArray());
        Assert.Equal(Shape.Create([2, 5]), Tensor.Ones([2, 3, 5]).ArgMax(1).Shape);
    }

    [Fact]
    public void The_greatest_that_occurs_twice_shares_its_gradient()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 5, 5, 2], [4]));

        x.Max().Backward();

        Assert.Equal([0f, 0.5f, 0.5f, 0], x.Grad!.Value.ToArray());
    }

    [Fact]
    public void A_logarithm_of_exponentials_of_thousands_does_not_overflow()
    {
        Assert.Equal(1000 + MathF.Log(2), Tensor.From([1000f, 1000], [2]).LogSumExp(keepAxes: false).Item(), 1e-3f);
        Assert.Equal(float.NegativeInfinity, Tensor.From([float.NegativeInfinity, float.NegativeInfinity], [2]).LogSumExp(keepAxes: false).Item());
    }

    [Fact]
    public void Long_sums_are_cut_and_stay_right()
    {
        // 210,001 elements: more than the work of one task, and a rest.
        Tensor big = Tensor.From([.. Enumerable.Range(0, 210_001).Select(i => i % 7 - 3f)], [210_001]);

        Assert.Equal(Enumerable.Range(0, 210_001).Sum(i => (i % 7) - 3), big.Sum().Item());
        Tensor cube = Tensor.Ones([300, 7, 50]);
        Assert.Equal(105_000, cube.Sum().Item());
        Assert.All(cube.Sum(0, 2).ToArray(), v => Assert.Equal(15_000, v));
        Assert.All(cube.Transpose(0, 2).Sum(1).ToArray(), v => Assert.Equal(7, v));
    }

    [Fact]
    public void An_axis_that_does_not_exist_is_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).Sum(2));

        Assert.Equal("Shape: expected an axis from -2 to 1 of [2, 3], got 2.", e.Message);
    }

    private static double Variance(double[] v)
    {
        double mean = v.Average();
        return v.Sum(x => (x - mean) * (x - mean)) / v.Length;
    }

    private static double LogSumExp(double[] v)
    {
        if (v.Any(double.IsNaN))
        {
            return double.NaN;
        }

        double top = v.Max();
        return double.IsInfinity(top) ? top : top + Math.Log(v.Sum(x => Math.Exp(x - top)));
    }

    private static OpCase Case(string name, int[] shape, int[] axes, Func<Tensor, Tensor> op, Func<double[], double> join) =>
        new($"{name} [{string.Join(", ", shape)}] over {string.Join(", ", axes)}", [shape], x => op(x[0]), x => x[0].Reduce(Positive(shape, axes), join));

    private static OpCase Kept(string name, int[] shape, int[] axes, Func<Tensor, Tensor> op, Func<double[], double> join)
    {
        int[] gone = Positive(shape, axes);
        int[] kept = [.. shape.Select((n, i) => gone.Length == 0 || gone.Contains(i) ? 1 : n)];
        return new OpCase(
            $"{name} [{string.Join(", ", shape)}] over {string.Join(", ", axes)}, kept", [shape], x => op(x[0]), x => x[0].Reduce(gone, join).Reshape(kept));
    }

    private static int[] Positive(int[] shape, int[] axes) => [.. axes.Select(a => a < 0 ? a + shape.Length : a)];
}
