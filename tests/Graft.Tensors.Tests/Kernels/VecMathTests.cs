using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>Every member of <see cref="IVec{V}"/> and <see cref="VecMath"/>, on all three widths (the wide ones run in software where the machine lacks them).</summary>
[Trait("category", "kernels")]
public sealed unsafe class VecMathTests
{
    public static TheoryData<int> Widths => new(128, 256, 512);

    [Theory, MemberData(nameof(Widths))]
    public void Exp_log_tanh_erf_sigmoid_and_softplus_follow_the_double_functions(int width)
    {
        // Bounds are relative: a few units in the last place (6e-8 each) of a float.
        foreach (float x in Samples())
        {
            double d = x;
            Close(Math.Exp(d), Exp(width, x), x < -87.33f ? 1e-2 : 1.5e-7, x);
            Close(Math.Log(Math.Abs(d)), Log(width, Math.Abs(x)), 2e-7, x);
            Close(Math.Tanh(d), Tanh(width, x), 2.5e-7, x);
            Close(1 / (1 + Math.Exp(-d)), Sigmoid(width, x), x < -87.3f ? 1 : 3e-7, x);
            Close(Math.Max(d, 0) + Log1P(Math.Exp(-Math.Abs(d))), Softplus(width, x), d < -87.3 ? 1e-2 : 4e-7, x);
        }
    }

    // e^(s d): beside a unit of the result half a unit in the last place of s log2(e), and where multiply-adds are not fused of its product with d, times the exponent.
    // Nothing is left of a denormal's last bits.
    [Theory, MemberData(nameof(Widths))]
    public void Decay_follows_the_exponential_of_what_is_not_positive(int width)
    {
        foreach (float scale in new[] { 1, 0.3f, 7, 1e-3f })
        {
            foreach (float x in Samples().Select(x => -Math.Abs(x) / scale).Append(0))
            {
                double d = (double)scale * x;
                Close(Math.Exp(d), Decay(width, x, scale), d < -87.33 ? 1e-2 : 1.2e-7 - (1.3e-7 * d), x);
            }

            Assert.Equal(0, Decay(width, float.NegativeInfinity, scale));
            Assert.Equal(0, Decay(width, -105 / scale, scale));
            Assert.True(float.IsNaN(Decay(width, float.NaN, scale)));
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Erf_follows_published_values(int width)
    {
        // Abramowitz and Stegun, table 7.1.
        (float X, double Y)[] table =
        [
            (0.1f, 0.1124629160), (0.5f, 0.5204998778), (0.9f, 0.7969082124), (0.99f, 0.8385080696), (1f, 0.8427007929),
            (1.1f, 0.8802050696), (1.5f, 0.9661051465), (2f, 0.9953222650), (3f, 0.9999779095), (4f, 0.9999999846),
        ];

        foreach ((float x, double y) in table)
        {
            // The argument is rounded to a float: the slope 2/sqrt(pi) carries half a unit in the last place along.
            Close(y, Erf(width, x), 2e-7, x);
            Close(-y, Erf(width, -x), 2e-7, -x);
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Gelu_and_its_derivative_follow_the_double_function(int width)
    {
        for (double d = -12; d <= 12; d += 0.0137)
        {
            var x = (float)d;
            double share = 0.5 * (1 + Ops.UnaryTests.Erf(x / Math.Sqrt(2))), density = Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
            (float y, float slope) = Gelu(width, x);

            // Half a unit in the last place of the share, and of x.
            Assert.Equal(x * share, y, 1.5e-7 * (1 + Math.Abs(x)));
            Assert.Equal(share + (x * density), slope, 4e-7);
        }

        Assert.Equal((0f, 0.5f), Gelu(width, 0));
        Assert.True(float.IsNaN(Gelu(width, float.NaN).Value));
        Assert.Equal(float.PositiveInfinity, Gelu(width, float.PositiveInfinity).Value);
    }

    [Theory, MemberData(nameof(Widths))]
    public void The_ends_of_the_number_line_give_exact_values(int width)
    {
        const float inf = float.PositiveInfinity;

        Assert.Equal([1, inf, 0, inf, 0], new[] { 0, inf, -inf, 89.5f, -105 }.Select(x => Exp(width, x)));
        Assert.Equal([-inf, inf, 0, -inf], new[] { 0, inf, 1, -0f }.Select(x => Log(width, x)));
        Assert.Equal([0, 1, -1, 1, -1], new[] { 0, inf, -inf, 20, -20 }.Select(x => Tanh(width, x)));
        Assert.Equal([0, 1, -1, 1, -1], new[] { 0, inf, -inf, 20, -20 }.Select(x => Erf(width, x)));
        Assert.Equal([0.5f, 1, 0], new[] { 0, inf, -inf }.Select(x => Sigmoid(width, x)));
        Assert.Equal([inf, 0, 1000], new[] { inf, -inf, 1000 }.Select(x => Softplus(width, x)));
        Assert.True(float.IsNaN(Log(width, -1)));
        Assert.True(float.IsNaN(Log(width, -inf)));
        Assert.True(float.IsNegative(Tanh(width, -0f)));
        foreach (Func<int, float, float> f in new Func<int, float, float>[] { Exp, Log, Tanh, Erf, Sigmoid, Softplus })
        {
            Assert.True(float.IsNaN(f(width, float.NaN)));
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void The_logarithm_reads_denormals(int width)
    {
        foreach (float x in new[] { float.Epsilon, 1e-40f, 5e-39f, 1.17549435e-38f })
        {
            Close(Math.Log(x), Log(width, x), 2e-7, x);
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Four_sums_at_once_have_the_bits_of_each_alone(int width)
    {
        var random = new System.Random(width);
        using Guarded numbers = Guarded.Random(64, random), sums = new(4);

        float[] alone = width == 512 ? Sums<W512>(numbers.P, sums.P) : width == 256 ? Sums<W256>(numbers.P, sums.P) : Sums<W128>(numbers.P, sums.P);

        Kit.AssertSameBits(alone, sums.Span, $"{width} bits");
        sums.AssertUntouchedAround();
    }

    [Theory, MemberData(nameof(Widths))]
    public void Any_lanes_of_two_registers_are_picked(int width)
    {
        switch (width)
        {
            case 512: Picked<W512>(); break;
            case 256: Picked<W256>(); break;
            default: Picked<W128>(); break;
        }

        static void Picked<V>()
            where V : struct, IVec<V>
        {
            var random = new System.Random(V.Width);
            float* numbers = stackalloc float[2 * V.Width], picked = stackalloc float[V.Width];
            int* from = stackalloc int[V.Width];
            for (int i = 0; i < 2 * V.Width; i++)
            {
                numbers[i] = i + 1;
            }

            for (int round = 0; round < 50; round++)
            {
                for (int i = 0; i < V.Width; i++)
                {
                    from[i] = random.Next(2 * V.Width);
                }

                V.Store(V.Pick(V.Load((float*)from), V.Load(numbers), V.Load(numbers + V.Width)), picked);

                for (int i = 0; i < V.Width; i++)
                {
                    Assert.Equal(from[i] + 1f, picked[i]);
                }
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Powers_of_two_are_exact(int width)
    {
        for (int n = -126; n <= 128; n++)
        {
            Assert.Equal((float)Math.Pow(2, n), width == 512 ? First(W512.TwoTo(W512.All(n))) : width == 256 ? First(W256.TwoTo(W256.All(n))) : First(W128.TwoTo(W128.All(n))));
        }
    }

    // Denormals lose at most half of their last bit twice.
    [Theory, MemberData(nameof(Widths))]
    public void The_hyperbolic_tangent_of_tiny_numbers_is_the_number(int width)
    {
        foreach (float x in new[] { 0, float.Epsilon, 7 * float.Epsilon, 1e-40f, 1.3e-38f, 1e-20f, 1e-5f })
        {
            Assert.Equal(x, Tanh(width, x), 2 * float.Epsilon + (x * 2e-7f));
            Assert.Equal(-x, Tanh(width, -x), 2 * float.Epsilon + (x * 2e-7f));
        }
    }

    private static float[] Sums<V>(float* p, float* to)
        where V : struct, IVec<V>
    {
        V a = V.Load(p), b = V.Load(p + 16), c = V.Load(p + 32), d = V.Load(p + 48);
        V.Sums(a, b, c, d, to);
        return [V.Sum(a), V.Sum(b), V.Sum(c), V.Sum(d)];
    }

    [Fact]
    public void The_greatest_lane_is_found_wherever_it_is()
    {
        Found<W512>();
        Found<W256>();
        Found<W128>();

        static void Found<V>()
            where V : struct, IVec<V>
        {
            float* lanes = stackalloc float[V.Width];
            for (int place = 0; place < V.Width; place++)
            {
                for (int i = 0; i < V.Width; i++)
                {
                    lanes[i] = i == place ? -1 : -2 - i;
                }

                Assert.Equal(-1, V.Greatest(V.Load(lanes)));
            }
        }
    }

    [Fact]
    public void Lanes_are_added_to_doubles()
    {
        Added<W512>();
        Added<W256>();
        Added<W128>();

        static void Added<V>()
            where V : struct, IVec<V>
        {
            float* lanes = stackalloc float[V.Width];
            double* sums = stackalloc double[V.Width];
            for (int i = 0; i < V.Width; i++)
            {
                (lanes[i], sums[i]) = (i + 0.5f, 1e9);
            }

            V.AddTo(sums, V.Load(lanes));

            for (int i = 0; i < V.Width; i++)
            {
                Assert.Equal(1e9 + i + 0.5, sums[i]);
            }
        }
    }

    private static float Decay(int width, float d, float scale) => width == 512 ? First(Decay<W512>(d, scale)) : width == 256 ? First(Decay<W256>(d, scale)) : First(Decay<W128>(d, scale));

    private static V Decay<V>(float d, float scale)
        where V : struct, IVec<V>
    {
        float rate = (float)(scale * 1.4426950408889634);
        return VecMath.Decay(V.All(d), V.All(rate), V.All(VecMath.LeastOfDecay / rate));
    }

    private static float Exp(int width, float x) => width == 512 ? First(VecMath.Exp(W512.All(x))) : width == 256 ? First(VecMath.Exp(W256.All(x))) : First(VecMath.Exp(W128.All(x)));

    private static float Log(int width, float x) => width == 512 ? First(VecMath.Log(W512.All(x))) : width == 256 ? First(VecMath.Log(W256.All(x))) : First(VecMath.Log(W128.All(x)));

    private static float Tanh(int width, float x) => width == 512 ? First(VecMath.Tanh(W512.All(x))) : width == 256 ? First(VecMath.Tanh(W256.All(x))) : First(VecMath.Tanh(W128.All(x)));

    private static (float Value, float Slope) Gelu(int width, float x) => width == 512 ? Gelu<W512>(x) : width == 256 ? Gelu<W256>(x) : Gelu<W128>(x);

    private static (float Value, float Slope) Gelu<V>(float x)
        where V : struct, IVec<V>
    {
        V y = VecMath.Gelu(V.All(x), out V slope);
        return (First(y), First(slope));
    }

    private static float Erf(int width, float x) => width == 512 ? First(VecMath.Erf(W512.All(x))) : width == 256 ? First(VecMath.Erf(W256.All(x))) : First(VecMath.Erf(W128.All(x)));

    private static float Sigmoid(int width, float x) => width == 512 ? First(VecMath.Sigmoid(W512.All(x))) : width == 256 ? First(VecMath.Sigmoid(W256.All(x))) : First(VecMath.Sigmoid(W128.All(x)));

    private static float Softplus(int width, float x) => width == 512 ? First(VecMath.Softplus(W512.All(x))) : width == 256 ? First(VecMath.Softplus(W256.All(x))) : First(VecMath.Softplus(W128.All(x)));

    private static double Log1P(double t) => t < 1e-5 ? t - (t * t / 2) : Math.Log(1 + t);

    private static float First<V>(V v)
        where V : struct, IVec<V>
    {
        float y;
        V.StoreFirst(v, &y, 1);
        return y;
    }

    private static IEnumerable<float> Samples()
    {
        var random = new System.Random(7);
        for (int i = 0; i < 4000; i++)
        {
            float scale = MathF.Pow(10, random.Next(-6, 2));
            yield return Math.Clamp((random.NextSingle() * 2 - 1) * scale * 9, -103, 88.7f);
        }
    }

    private static void Close(double expected, float actual, double relative, float x)
    {
        double error = Math.Abs(actual - expected);
        Assert.True(error <= relative * Math.Abs(expected) + 2e-45, $"x = {x:R}: expected {expected:R}, got {actual:R}");
    }
}
