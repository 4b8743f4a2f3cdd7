using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class OptimizeTests
{
    private static readonly float[] Weights = [0.5f, -1.25f, 2, 0, 3e-4f, -7.5f, 1e3f];

    private static readonly float[][] Gradients =
    [
        [0.1f, -0.2f, 0.3f, 0, 1e-6f, 4, -30], [-0.3f, 0.5f, 0, 1e-3f, 2e-6f, -1, 10], [0.2f, 0.1f, -0.7f, 2, 0, 0.5f, 5],
    ];

    private delegate void Step(nint n, float* w, float* g, float* s1, float* s2, float* s3, int step);

    public static TheoryData<string> Names => new(
        "sgd", "sgd-decay", "sgd-momentum", "sgd-dampening", "sgd-nesterov", "adam", "adam-amsgrad", "adamw", "rmsprop", "rmsprop-centered", "adagrad");

    [Theory, MemberData(nameof(Names))]
    public void Three_steps_end_where_PyTorch_ends(string name)
    {
        double[] expected = GoldenKernels.Read().GetProperty("optimizers").GetProperty(name).Doubles();

        float[] actual = Run(name, 7, 0);

        Kit.AssertClose(expected, actual, 1e-6, name);
    }

    [Theory, MemberData(nameof(Names))]
    public void An_element_is_updated_alike_wherever_it_lies_and_whatever_the_threads(string name)
    {
        float[] seven = Run(name, 7, 0);
        foreach (int n in new[] { 1, 15, 16, 17, 31, 33, 40_000 })
        {
            foreach (int threads in new[] { 1, 2, 4 })
            {
                using var team = new TeamOf(threads);
                float[] many = Run(name, n, 3);

                // A fused multiply-add rounds alike in any lane, so the bits agree.
                Kit.AssertSameBits([.. Enumerable.Range(0, n).Select(i => seven[i % 7])], many, $"{name}, n = {n}");
            }
        }
    }

    [Fact]
    public void Not_a_number_in_a_gradient_stays_in_its_weight()
    {
        using Guarded w = new(20), g = new(20), m = new(20), v = new(20);
        foreach (Guarded block in new[] { w, g, m, v })
        {
            block.Span.Clear();
        }

        g.P[17] = float.NaN;

        Optimize.Adam(20, w.P, g.P, m.P, v.P, null, 1, 0.1, 0.9, 0.999, 1e-8, 0, decoupled: false);

        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(i == 17, float.IsNaN(w.P[i])));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(63), InlineData(64), InlineData(1000), InlineData(70_001)]
    public void The_sum_of_squares_and_scaling_follow_the_definition(int n)
    {
        using Guarded x = Guarded.Random(n, new System.Random(n));
        float[] before = x.Span.ToArray();
        double expected = before.Sum(v => (double)v * v);

        double sum = Optimize.SumOfSquares(n, x.P);
        using (new TeamOf(4))
        {
            Assert.Equal(sum, Optimize.SumOfSquares(n, x.P));
        }

        Assert.Equal(expected, sum, 1e-6 * (1 + expected));
        Assert.Equal(expected, Optimize.SumOfSquares<W512>(n, x.P), 1e-6 * (1 + expected));
        Assert.Equal(expected, Optimize.SumOfSquares<W256>(n, x.P), 1e-6 * (1 + expected));
        Assert.Equal(expected, Optimize.SumOfSquares<W128>(n, x.P), 1e-6 * (1 + expected));
        Optimize.Scale(n, x.P, 0.5f);
        Kit.AssertSameBits([.. before.Select(v => v * 0.5f)], x.Span, "scale");
        x.AssertUntouchedAround();
    }

    private static float[] Run(string name, int n, int offset)
    {
        Step step = Named(name);
        using Guarded w = Guarded.Of([.. Enumerable.Range(0, n).Select(i => Weights[i % 7])], offset);
        using Guarded g = new(n, offset), s1 = new(n, offset), s2 = new(n, offset), s3 = new(n, offset);
        s1.Span.Clear();
        s2.Span.Clear();
        s3.Span.Clear();
        for (int t = 0; t < Gradients.Length; t++)
        {
            for (int i = 0; i < n; i++)
            {
                // Twice the gradient, halved by the scale.
                g.P[i] = Gradients[t][i % 7] * 2;
            }

            step(n, w.P, g.P, s1.P, s2.P, s3.P, t + 1);
        }

        w.AssertUntouchedAround();
        s1.AssertUntouchedAround();
        return w.Span.ToArray();
    }

    private static Step Named(string name) => name switch
    {
        "sgd" => (n, w, g, a, b, c, t) => Optimize.Sgd(n, w, g, null, 0.1, 0, 0, false, 0, t == 1, 0.5),
        "sgd-decay" => (n, w, g, a, b, c, t) => Optimize.Sgd(n, w, g, null, 0.1, 0, 0, false, 0.01, t == 1, 0.5),
        "sgd-momentum" => (n, w, g, a, b, c, t) => Optimize.Sgd(n, w, g, a, 0.1, 0.9, 0, false, 0.01, t == 1, 0.5),
        "sgd-dampening" => (n, w, g, a, b, c, t) => Optimize.Sgd(n, w, g, a, 0.1, 0.9, 0.5, false, 0, t == 1, 0.5),
        "sgd-nesterov" => (n, w, g, a, b, c, t) => Optimize.Sgd(n, w, g, a, 0.1, 0.9, 0, true, 0.01, t == 1, 0.5),
        "adam" => (n, w, g, a, b, c, t) => Optimize.Adam(n, w, g, a, b, null, t, 0.05, 0.9, 0.999, 1e-8, 0.02, false, 0.5),
        "adam-amsgrad" => (n, w, g, a, b, c, t) => Optimize.Adam(n, w, g, a, b, c, t, 0.05, 0.8, 0.9, 1e-8, 0, false, 0.5),
        "adamw" => (n, w, g, a, b, c, t) => Optimize.Adam(n, w, g, a, b, null, t, 0.05, 0.9, 0.999, 1e-8, 0.02, true, 0.5),
        "rmsprop" => (n, w, g, a, b, c, t) => Optimize.RmsProp(n, w, g, a, null, null, 0.05, 0.99, 1e-8, 0, 0.02, 0.5),
        "rmsprop-centered" => (n, w, g, a, b, c, t) => Optimize.RmsProp(n, w, g, a, b, c, 0.05, 0.9, 1e-8, 0.9, 0, 0.5),
        "adagrad" => (n, w, g, a, b, c, t) => Optimize.Adagrad(n, w, g, a, t, 0.05, 0.1, 1e-10, 0.02, 0.5),
        _ => throw new ArgumentException(name, nameof(name)),
    };
}
