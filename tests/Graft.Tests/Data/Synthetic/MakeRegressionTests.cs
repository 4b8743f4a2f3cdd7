using Graft.Data;
using Graft.Data.Sources;
using Graft.Data.Synthetic;

namespace Graft.Tests.Data.Synthetic;

public sealed class MakeRegressionTests : SyntheticSourceConformance
{
    protected override DataSource Create(int seed) => new MakeRegression(rows: 30, features: 6, targets: 2, noise: 1, seed: seed);

    [Fact]
    public void The_target_is_linear_in_the_informative_features()
    {
        Dataset rows = Read(new MakeRegression(rows: 500, features: 5, informative: 2, bias: 7, shuffle: false));
        var x = (VectorColumn)rows["features"];
        var y = (NumberColumn)rows["target"];

        // y = a x0 + b x1 + 7: solve from two rows, check on all.
        (float[] p, float[] q) = (x.Row(0).ToArray(), x.Row(1).ToArray());
        double det = ((double)p[0] * q[1]) - ((double)p[1] * q[0]), u = y.Values[0] - 7, v = y.Values[1] - 7;
        double a = ((u * q[1]) - (p[1] * v)) / det, b = ((p[0] * v) - (u * q[0])) / det;
        Assert.InRange(a, 0, 100);
        Assert.InRange(b, 0, 100);
        Assert.All(Enumerable.Range(0, 500), r => Assert.Equal((a * x.Row(r)[0]) + (b * x.Row(r)[1]) + 7, y.Values[r], tolerance: 0.01));
    }

    [Fact]
    public void Noise_has_the_deviation_that_was_asked_for()
    {
        ReadOnlySpan<float> clean = ((NumberColumn)Read(new MakeRegression(rows: 4000, features: 3, noise: 0))["target"]).Values;
        ReadOnlySpan<float> noisy = ((NumberColumn)Read(new MakeRegression(rows: 4000, features: 3, noise: 5))["target"]).Values;

        double variance = clean.ToArray().Zip(noisy.ToArray()).Average(p => (double)(p.First - p.Second) * (p.First - p.Second));

        Assert.Equal(5, Math.Sqrt(variance), tolerance: 0.28);     // five standard errors of 5 / sqrt(2 n)
    }

    // The sum of squared singular values is the sum of squares of X.
    [Fact]
    public void An_effective_rank_leaves_few_directions()
    {
        Dataset rows = Read(new MakeRegression(rows: 40, features: 30, effectiveRank: 5, tail: 0.1));

        double squares = ((VectorColumn)rows["features"]).Values.ToArray().Sum(v => (double)v * v);

        double expected = Enumerable.Range(0, 30).Sum(i => Math.Pow((0.9 * Math.Exp(-(i / 5.0) * (i / 5.0))) + (0.1 * Math.Exp(-0.1 * i / 5.0)), 2));
        Assert.Equal(expected, squares, tolerance: 1e-4);
    }

    [Fact]
    public void Several_targets_have_names_of_their_own() =>
        Assert.Equal(["x0", "x1", "target-0", "target-1"], Read(new MakeRegression(rows: 3, features: 2, targets: 2, separate: true)).Columns.Select(c => c.Name));
}
