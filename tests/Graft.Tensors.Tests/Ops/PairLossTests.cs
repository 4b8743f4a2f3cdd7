namespace Graft.Tensors.Tests.Ops;

/// <summary>Mean squared error, absolute error, Huber, logistic loss and Kullback-Leibler divergence.</summary>
public sealed class PairLossTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (Reduction reduction in Enum.GetValues<Reduction>())
            {
                foreach (int[] shape in new int[][] { [], [1], [3, 5], [2, 3, 5], [33], [17, 3] })
                {
                    yield return Case("mse", shape, reduction, (p, t, r) => p.MseLoss(t, r), (p, t) => (p - t) * (p - t));
                    yield return Case("l1", shape, reduction, (p, t, r) => p.L1Loss(t, r), (p, t) => Math.Abs(p - t));
                    yield return Case("huber", shape, reduction, (p, t, r) => p.HuberLoss(t, 1.3f, r), (p, t) => Huber(p - t, 1.3f));
                }

                yield return Logistic([4, 5], reduction, weights: null, positive: null);
                yield return Logistic([1], reduction, weights: null, positive: null);
                yield return Logistic([2, 17], reduction, weights: [17], positive: null);
                yield return Logistic([3, 4], reduction, weights: null, positive: [4]);
                yield return Logistic([2, 3, 4], reduction, weights: [3, 1], positive: [4]);
            }

            yield return Divergence([3, 5], logTargets: false);
            yield return Divergence([2, 17], logTargets: true);
            yield return Divergence([2, 3, 2], logTargets: false);
        }
    }

    public static TheoryData<string> Names => new("mse", "l1", "huber", "bce");

    [Theory, MemberData(nameof(Names))]
    public void Missing_targets_are_left_out_of_the_mean_and_get_no_gradient(string name)
    {
        Tensor p = Tensor.Variable(Tensor.From([1f, 2, 3, 4], [2, 2])), few = Tensor.Variable(Tensor.From([1f, 4], [2]));
        Tensor t = Tensor.From([0.5f, float.NaN, float.NaN, 1], [2, 2]);

        Tensor all = Loss(name, p, t, Reduction.Mean), some = Loss(name, few, Tensor.From([0.5f, 1], [2]), Reduction.Mean);
        all.Backward();
        some.Backward();

        Assert.Equal(some.Item(), all.Item(), 1e-6f);
        Assert.Equal([few.Grad!.Value.ToArray()[0], 0, 0, few.Grad!.Value.ToArray()[1]], p.Grad!.Value.ToArray());
        Assert.Equal([false, true, true, false], Loss(name, p, t, Reduction.None).ToArray().Select(v => v == 0));
    }

    [Theory, MemberData(nameof(Names))]
    public void Where_nothing_is_there_the_loss_and_its_gradient_are_0(string name)
    {
        Tensor p = Tensor.Variable(Tensor.From([1f, float.NaN], [2]));

        Tensor loss = Loss(name, p, Tensor.From([float.NaN, float.NaN], [2]), Reduction.Mean);
        loss.Backward();

        Assert.Equal(0, loss.Item());
        Assert.Equal([0, 0], p.Grad!.Value.ToArray());
    }

    [Theory, MemberData(nameof(Names))]
    public void Targets_of_another_shape_are_named(string name)
    {
        var e = Assert.Throws<ShapeException>(() => Loss(name, Tensor.Ones([2, 1]), Tensor.Ones([2]), Reduction.Mean));

        Assert.EndsWith("Loss: expected targets of shape [2, 1], got [2].", e.Message.Replace("BinaryCrossEntropyWithLogits", "Loss", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void Scores_of_a_thousand_do_not_overflow()
    {
        Tensor loss = Tensor.From([1000f, -1000], [2]).BinaryCrossEntropyWithLogits(Tensor.From([0f, 1], [2]), reduction: Reduction.None);

        Assert.Equal([1000, 1000], loss.ToArray());
    }

    [Fact]
    public void A_sure_and_right_score_keeps_its_small_loss()
    {
        float[] y = Tensor.From([-10f, 10, float.PositiveInfinity, float.NegativeInfinity, float.PositiveInfinity], [5])
            .BinaryCrossEntropyWithLogits(Tensor.From([0f, 1, 1, 0, 0], [5]), reduction: Reduction.None).ToArray();

        // log(1 + e^-10) = 4.539889921686465e-05
        Assert.Equal(4.5398899e-5f, y[0], 1e-10f);
        Assert.Equal(4.5398899e-5f, y[1], 1e-10f);
        Assert.Equal([0, 0, float.PositiveInfinity], y[2..]);
    }

    [Fact]
    public void A_mean_over_many_elements_is_exact_enough()
    {
        const int count = 300_000;
        Tensor p = Tensor.Full([count], 0.1f);

        // A running sum takes some 300 numbers in a row, each addition rounded.
        Assert.Equal(0.1f, p.L1Loss(Tensor.Zeros([count])).Item(), 1e-6f);
    }

    private static Tensor Loss(string name, Tensor p, Tensor t, Reduction reduction) => name switch
    {
        "mse" => p.MseLoss(t, reduction),
        "l1" => p.L1Loss(t, reduction),
        "huber" => p.HuberLoss(t, 1, reduction),
        _ => p.BinaryCrossEntropyWithLogits(t, reduction: reduction),
    };

    private static double Huber(double d, double delta) => Math.Abs(d) <= delta ? d * d / 2 : delta * (Math.Abs(d) - (delta / 2));

    private static Nd Join(Nd losses, Reduction reduction) => reduction switch
    {
        Reduction.None => losses,
        Reduction.Sum => Nd.Scalar(losses.Data.Sum()),
        _ => Nd.Scalar(losses.Data.Average()),
    };

    private static OpCase Case(
        string name, int[] shape, Reduction reduction, Func<Tensor, Tensor, Reduction, Tensor> op, Func<double, double, double> f) => new(
        $"{name} [{string.Join(", ", shape)}], {reduction}", [shape, shape], x => op(x[0], x[1], reduction), x => Join(Nd.Zip(x[0], x[1], f), reduction))
        {
            // NaN among the targets means missing: tested apart.
            Finite = [1],
        };

    private static OpCase Logistic(int[] shape, Reduction reduction, int[]? weights, int[]? positive)
    {
        int[][] shapes = [shape, shape, .. weights is null ? Array.Empty<int[]>() : [weights], .. positive is null ? Array.Empty<int[]>() : [positive]];
        return new OpCase(
            $"bce [{string.Join(", ", shape)}], {reduction}{(weights is null ? "" : ", weights")}{(positive is null ? "" : ", positive weights")}",
            shapes,
            x => x[0].BinaryCrossEntropyWithLogits(x[1], weights is null ? null : x[2], positive is null ? null : x[^1], reduction),
            x =>
            {
                Nd one = Nd.Scalar(1), r = positive is null ? one : x[^1], w = weights is null ? one : x[2];
                Nd log1 = x[0].Map(v => -Softplus(-v)), log0 = x[0].Map(v => -Softplus(v));
                Nd yes = Nd.Zip(Nd.Zip(x[1], r, (t, f) => t * f), log1, (a, b) => a * b);
                Nd no = Nd.Zip(x[1], log0, (t, l) => (1 - t) * l);
                return Join(Nd.Zip(Nd.Zip(yes, no, (a, b) => -(a + b)), w, (l, f) => l * f), reduction);
            })
        {
            Constant = [.. Enumerable.Range(1, shapes.Length - 1)],
            Ranges = { [1] = (0, 1), [2] = (0.5f, 2), [3] = (0.5f, 3) },
            CarriesNaN = false,
        };
    }

    private static double Softplus(double x) => Math.Max(x, 0) + Math.Log(1 + Math.Exp(-Math.Abs(x)));

    private static OpCase Divergence(int[] shape, bool logTargets) => new(
        $"kl [{string.Join(", ", shape)}]{(logTargets ? ", log targets" : "")}",
        [shape, shape],
        x => x[0].KlDivergence(x[1], logTargets),
        x => Nd.Scalar(Nd.Zip(x[0], x[1], (p, t) => logTargets ? Math.Exp(t) * (t - p) : t == 0 ? 0 : t * (Math.Log(t) - p)).Data.Sum() / shape[0]))
    {
        Low = -3,
        High = -0.1f,
        Ranges = { [1] = logTargets ? (-3, -0.1f) : (0.05f, 1) },
        CarriesNaN = false,
    };
}
