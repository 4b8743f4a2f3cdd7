namespace Graft.Tensors.Tests.Ops;

public sealed class CrossEntropyTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (Reduction reduction in Enum.GetValues<Reduction>())
            {
                yield return Classes([5, 3], [0, 2, 1, 1, 2], reduction);
                yield return Classes([4, 17], [16, 3, -1, 0], reduction, weighted: true);
                yield return Classes([3, 33], [5, -1, 32], reduction, weighted: true, smoothing: 0.1f);
                yield return Classes([2, 3, 5], [0, 1, 2, -1, 0, 2, 2, 1, 0, 1], reduction, smoothing: 0.2f);
                yield return Classes([2, 2, 2, 3], [0, 1, -1, 1, 1, 1, 0, 0, 1, 0, 0, 1], reduction, weighted: true);
                yield return Probabilities([4, 15], reduction, weighted: false, 0);
                yield return Probabilities([3, 5], reduction, weighted: true, 0.1f);
                yield return Probabilities([2, 3, 2], reduction, weighted: true, 0);
            }

            yield return Classes([1, 1], [0], Reduction.Mean);
            yield return Classes([0, 3], [], Reduction.Mean);
        }
    }

    [Fact]
    public void Scores_of_a_thousand_do_not_overflow()
    {
        Tensor loss = Tensor.From([1000f, 0, -1000], [1, 3]).CrossEntropy(Tensor.From([1], [1]));

        Assert.Equal(1000, loss.Item());
    }

    [Fact]
    public void Where_every_label_is_missing_the_loss_and_its_gradient_are_0()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 2, 3, 4], [2, 2]));

        Tensor loss = x.CrossEntropy(Tensor.From([-1, -1], [2]));
        loss.Backward();

        Assert.Equal(0, loss.Item());
        Assert.Equal([0, 0, 0, 0], x.Grad!.Value.ToArray());
    }

    [Fact]
    public void A_row_of_probabilities_that_holds_NaN_is_left_out()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 2, 3, 4], [2, 2]));

        Tensor loss = x.CrossEntropy(Tensor.From([0.5f, 0.5f, float.NaN, 1], [2, 2]));
        loss.Backward();

        // log(1 + e) - 0.5
        Assert.Equal(0.8132617f, loss.Item(), 1e-6f);
        Assert.Equal([0, 0], x.Grad!.Value.ToArray()[2..]);
    }

    [Fact]
    public void Another_number_may_stand_for_no_label()
    {
        Tensor x = Tensor.From([1f, 2, 3, 4], [2, 2]);

        Assert.Equal(x.CrossEntropy(Tensor.From([1, -1], [2])).Item(), x.CrossEntropy(Tensor.From([1, -100], [2]), ignoreIndex: -100).Item());
    }

    [Theory]
    [InlineData(3)]
    [InlineData(-2)]
    public void A_target_that_is_no_class_is_named(int target)
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).CrossEntropy(Tensor.From([0, target], [2])));

        Assert.Equal($"CrossEntropy: expected targets from 0 to 2, or -1 for none, got {target} at place 1.", e.Message);
    }

    [Fact]
    public void Targets_of_another_shape_are_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).CrossEntropy(Tensor.From([0, 1, 2], [3])));
        var f = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).CrossEntropy(Tensor.Ones([2])));

        Assert.Equal("CrossEntropy: expected targets of shape [2] for scores [2, 3], got [3].", e.Message);
        Assert.Equal("CrossEntropy: expected probabilities of shape [2, 3], got [2]. Class numbers are integers.", f.Message);
    }

    [Fact]
    public void Probabilities_that_need_a_gradient_are_refused_rather_than_left_without()
    {
        Tensor targets = Tensor.Variable(Tensor.Ones([2, 3]));

        var e = Assert.Throws<InvalidOperationException>(() => Tensor.Ones([2, 3]).CrossEntropy(targets));

        Assert.Equal("CrossEntropy: expected targets that need no gradient, got some that do. Use Detach().", e.Message);
    }

    private static float[] Weights(int classes) => [.. Enumerable.Range(0, classes).Select(c => 0.5f + (c % 4 * 0.25f))];

    private static OpCase Classes(int[] shape, int[] targets, Reduction reduction, bool weighted = false, float smoothing = 0)
    {
        int[] places = [shape[0], .. shape[2..]];
        Tensor t = Tensor.From(targets, Shape.Create(places));
        Tensor? w = weighted ? Tensor.From(Weights(shape[1]), [shape[1]]) : null;
        return new OpCase(
            $"[{string.Join(", ", shape)}], {reduction}{(weighted ? ", weighted" : "")}, smoothing {smoothing}",
            [shape],
            x => x[0].CrossEntropy(t, w, smoothing, reduction: reduction),
            x => Reference(x[0], (row, c) => (targets[row] == c ? 1.0 - smoothing : 0) + (smoothing / (double)shape[1]), row => targets[row], weighted, reduction))
        {
            CarriesNaN = smoothing == 0,
        };
    }

    private static OpCase Probabilities(int[] shape, Reduction reduction, bool weighted, float smoothing)
    {
        Tensor? w = weighted ? Tensor.From(Weights(shape[1]), [shape[1]]) : null;
        return new OpCase(
            $"probabilities [{string.Join(", ", shape)}], {reduction}{(weighted ? ", weighted" : "")}, smoothing {smoothing}",
            [shape, shape],
            x => x[0].CrossEntropy(x[1], w, smoothing, reduction: reduction),
            x =>
            {
                Nd p = Rows(x[1]);
                return Reference(x[0], (row, c) => (p[row, c] * (1.0 - smoothing)) + (smoothing / (double)shape[1]), _ => null, weighted, reduction);
            })
        {
            Constant = [1],
            Ranges = { [1] = (0, 1) },
            CarriesNaN = false,
        };
    }

    // [B, C, ...] as rows of C.
    private static Nd Rows(Nd x) =>
        x.Permute([0, .. Enumerable.Range(2, x.Rank - 2), 1]).Reshape(x.Shape[1] == 0 ? 0 : x.Data.Length / x.Shape[1], x.Shape[1]);

    private static Nd Reference(Nd scores, Func<int, int, double> target, Func<int, int?> label, bool weighted, Reduction reduction)
    {
        Nd x = Rows(scores);
        int n = x.Shape[0], classes = x.Shape[1];
        float[] w = weighted ? Weights(classes) : [.. Enumerable.Repeat(1f, classes)];
        var losses = new double[n];
        double share = 0;
        for (int row = 0; row < n; row++)
        {
            if (label(row) == -1)
            {
                continue;
            }

            double most = Enumerable.Range(0, classes).Max(c => x[row, c]);
            double sum = most + Math.Log(Enumerable.Range(0, classes).Sum(c => Math.Exp(x[row, c] - most)));
            for (int c = 0; c < classes; c++)
            {
                double q = target(row, c);
                losses[row] += q == 0 ? 0 : w[c] * q * (sum - x[row, c]);
            }

            // A NaN among the scores has no largest one.
            losses[row] = Enumerable.Range(0, classes).Any(c => double.IsNaN(x[row, c])) ? double.NaN : losses[row];
            share += label(row) is { } t ? w[t] : 1;
        }

        if (reduction == Reduction.None)
        {
            var apart = new Nd([scores.Shape[0], .. scores.Shape[2..]]);
            losses.CopyTo(apart.Data, 0);
            return apart;
        }

        return Nd.Scalar(losses.Sum() / (reduction == Reduction.Sum ? 1 : share == 0 ? 1 : share));
    }
}
