using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class UpdateTests
{
    private static readonly float[] Weights = [0.5f, -1.25f, 2, 0, 3e-4f, -7.5f, 1e3f];

    private static readonly float[][] Gradients =
    [
        [0.1f, -0.2f, 0.3f, 0, 1e-6f, 4, -30], [-0.3f, 0.5f, 0, 1e-3f, 2e-6f, -1, 10], [0.2f, 0.1f, -0.7f, 2, 0, 0.5f, 5],
    ];

    private delegate void Step(Span<float> w, Span<float> g, Span<float> s1, Span<float> s2, Span<float> s3, int time);

    public static TheoryData<string> Names => new(
        "sgd", "sgd-decay", "sgd-momentum", "sgd-dampening", "sgd-nesterov", "adam", "adamw", "rmsprop", "rmsprop-centered", "adagrad");

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

        new AdamRule { Rate = 0.1, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, Time = 1 }.Step(w.Span, g.Span, m.Span, v.Span);

        Assert.All(Enumerable.Range(0, 20), i => Assert.Equal(i == 17, float.IsNaN(w.P[i])));
    }

    [Theory, InlineData(0), InlineData(1), InlineData(63), InlineData(64), InlineData(1000), InlineData(70_001)]
    public void The_sum_of_squares_and_scaling_follow_the_definition(int n)
    {
        using Guarded x = Guarded.Random(n, new System.Random(n));
        float[] before = x.Span.ToArray();
        double expected = before.Sum(v => (double)v * v);

        double sum = GradientNorm.SumOfSquares(x.Span);
        using (new TeamOf(4))
        {
            Assert.Equal(sum, GradientNorm.SumOfSquares(x.Span));
        }

        Assert.Equal(expected, sum, 1e-6 * (1 + expected));
        Assert.Equal(expected, GradientNorm.SumOfSquares<W512>(x.Span), 1e-6 * (1 + expected));
        Assert.Equal(expected, GradientNorm.SumOfSquares<W256>(x.Span), 1e-6 * (1 + expected));
        Assert.Equal(expected, GradientNorm.SumOfSquares<W128>(x.Span), 1e-6 * (1 + expected));
        GradientNorm.Scale(x.Span, 0.5f);
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
                g.P[i] = Gradients[t][i % 7];
            }

            step(w.Span, g.Span, s1.Span, s2.Span, s3.Span, t + 1);
        }

        w.AssertUntouchedAround();
        s1.AssertUntouchedAround();
        return w.Span.ToArray();
    }

    private static Step Named(string name) => name switch
    {
        "sgd" => (w, g, a, b, c, t) => new SgdRule { Rate = 0.1, First = t == 1 }.Step(w, g, default),
        "sgd-decay" => (w, g, a, b, c, t) => new SgdRule { Rate = 0.1, WeightDecay = 0.01, First = t == 1 }.Step(w, g, default),
        "sgd-momentum" => (w, g, a, b, c, t) => new SgdRule { Rate = 0.1, Momentum = 0.9, WeightDecay = 0.01, First = t == 1 }.Step(w, g, a),
        "sgd-dampening" => (w, g, a, b, c, t) => new SgdRule { Rate = 0.1, Momentum = 0.9, Dampening = 0.5, First = t == 1 }.Step(w, g, a),
        "sgd-nesterov" => (w, g, a, b, c, t) => new SgdRule { Rate = 0.1, Momentum = 0.9, Nesterov = true, WeightDecay = 0.01, First = t == 1 }.Step(w, g, a),
        "adam" => (w, g, a, b, c, t) => Adam(t, decoupled: false).Step(w, g, a, b),
        "adamw" => (w, g, a, b, c, t) => Adam(t, decoupled: true).Step(w, g, a, b),
        "rmsprop" => (w, g, a, b, c, t) => new RmsPropRule { Rate = 0.05, Alpha = 0.99, Epsilon = 1e-8, WeightDecay = 0.02 }.Step(w, g, a, default, default),
        "rmsprop-centered" => (w, g, a, b, c, t) => new RmsPropRule { Rate = 0.05, Alpha = 0.9, Epsilon = 1e-8, Momentum = 0.9 }.Step(w, g, a, b, c),
        "adagrad" => (w, g, a, b, c, t) => new AdagradRule { Rate = 0.05, RateDecay = 0.1, Epsilon = 1e-10, Time = t, WeightDecay = 0.02 }.Step(w, g, a),
        _ => throw new ArgumentException(name, nameof(name)),
    };

    private static AdamRule Adam(int time, bool decoupled) =>
        new() { Rate = 0.05, Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8, Time = time, WeightDecay = 0.02, Decoupled = decoupled };
}
