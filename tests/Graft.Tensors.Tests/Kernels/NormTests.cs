using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class NormTests
{
    private const double Tolerance = 2e-5;
    private const float Epsilon = 1e-5f;

    public static TheoryData<int> Widths => new(0, 512, 256, 128);

    [Theory, MemberData(nameof(Widths))]
    public void Layer_normalization_follows_the_definition(int width)
    {
        var random = new System.Random(width + 2);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            int rows = random.Next(1, 30), n = Kit.Edge(random) + 1;
            var c = new Case(random, rows, n);
            using Guarded mean = new(rows), inverse = new(rows);
            Reference(c, rows * n, i => i / n, i => i % n);

            if (width == 0)
            {
                NormLayer.Forward(rows, n, c.X.P, c.Gamma, c.Beta, Epsilon, c.Y.P, mean.P, inverse.P);
                NormLayer.Backward(rows, n, c.X.P, c.Dy.P, c.Gamma, mean.P, inverse.P, c.Dx.P, c.Accumulate, c.Dgamma.P, c.Dbeta.P, c.Accumulate);
            }
            else if (width == 512)
            {
                Layer<W512>(c, rows, n, mean.P, inverse.P);
            }
            else if (width == 256)
            {
                Layer<W256>(c, rows, n, mean.P, inverse.P);
            }
            else
            {
                Layer<W128>(c, rows, n, mean.P, inverse.P);
            }

            c.Verify($"layer norm {rows} x {n}");
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Group_normalization_follows_the_definition(int width)
    {
        var random = new System.Random(width + 3);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            int images = random.Next(1, 4), positions = random.Next(2, 150), groups = random.Next(1, 5), channels = groups * random.Next(1, 20);
            var c = new Case(random, images * positions, channels);
            using Guarded mean = new(images * groups), inverse = new(images * groups);
            Reference(
                c,
                images * positions * channels,
                i => (i / (positions * channels) * groups) + (i % channels / (channels / groups)),
                i => i % channels);

            if (width == 0)
            {
                NormGroup.Forward(images, positions, channels, groups, c.X.P, c.Gamma, c.Beta, Epsilon, c.Y.P, mean.P, inverse.P);
                NormGroup.Backward(
                    images, positions, channels, groups, c.X.P, c.Dy.P, c.Gamma, mean.P, inverse.P, c.Dx.P, c.Accumulate, c.Dgamma.P, c.Dbeta.P, c.Accumulate);
            }
            else if (width == 512)
            {
                Group<W512>(c, images, positions, channels, groups, mean.P, inverse.P);
            }
            else if (width == 256)
            {
                Group<W256>(c, images, positions, channels, groups, mean.P, inverse.P);
            }
            else
            {
                Group<W128>(c, images, positions, channels, groups, mean.P, inverse.P);
            }

            c.Verify($"group norm {images} x {positions} x {channels}, {groups} groups");
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Batch_normalization_follows_the_definition(int width)
    {
        var random = new System.Random(width + 4);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            int rows = random.Next(2, 300), channels = Kit.Edge(random, 70);
            var activation = (Activation)random.Next(3);
            bool residual = random.Next(3) == 0;
            var c = new Case(random, rows, channels, plus: residual, activation);
            using Guarded mean = new(channels), variance = new(channels), inverse = new(channels);
            Reference(c, rows * channels, i => i % channels, i => i % channels);

            if (width == 0)
            {
                NormBatch.Statistics(rows, channels, c.X.P, mean.P, variance.P);
                Invert(channels, variance.P, inverse.P);
                NormBatch.Forward(rows, channels, c.X.P, mean.P, inverse.P, c.Gamma, c.Beta, c.Plus, activation, c.Y.P);
                NormBatch.Backward(
                    rows, channels, c.X.P, c.Dy.P, activation, c.Output, mean.P, inverse.P, c.Gamma, c.Beta, true, c.Dx.P, c.Accumulate, c.Dgamma.P, c.Dbeta.P, c.Accumulate);
            }
            else if (width == 512)
            {
                Batch<W512>(c, rows, channels, activation, mean.P, variance.P, inverse.P);
            }
            else if (width == 256)
            {
                Batch<W256>(c, rows, channels, activation, mean.P, variance.P, inverse.P);
            }
            else
            {
                Batch<W128>(c, rows, channels, activation, mean.P, variance.P, inverse.P);
            }

            c.Verify($"batch norm {rows} x {channels}, {activation}{(residual ? ", residual" : "")}");
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void A_residual_is_added_before_and_gets_the_gradient_as_well(int width)
    {
        var random = new System.Random(width + 8);
        for (int round = 0; round < Kit.Rounds(20); round++)
        {
            int rows = random.Next(1, 30), n = Kit.Edge(random) + 1;
            bool kept = random.Next(2) == 0, add = random.Next(2) == 0;
            using Guarded x = Guarded.Random(rows * n, random), r = Guarded.Random(rows * n, random), sum = new(rows * n), y = new(rows * n), want = new(rows * n);
            using Guarded dy = Guarded.Random(rows * n, random), dx = Guarded.Random(rows * n, random), dr = Guarded.Random(rows * n, random), both = new(rows * n);
            using Guarded mean = new(rows), inverse = new(rows);
            for (int i = 0; i < rows * n; i++)
            {
                both.P[i] = x.P[i] + r.P[i];
            }

            float[] beforeX = [.. dx.Span], beforeR = [.. dr.Span];
            switch (width)
            {
                case 512: Added<W512>(rows, n, x, r, kept ? sum : y, y, both, want, dy, dx, dr, mean, inverse, add); break;
                case 256: Added<W256>(rows, n, x, r, kept ? sum : y, y, both, want, dy, dx, dr, mean, inverse, add); break;
                default: Added<W128>(rows, n, x, r, kept ? sum : y, y, both, want, dy, dx, dr, mean, inverse, add); break;
            }

            Kit.AssertSameBits(want.Span, y.Span, $"{rows} x {n}");
            for (int i = 0; i < rows * n; i++)
            {
                Assert.Equal(dx.P[i] - (add ? beforeX[i] : 0), dr.P[i] - beforeR[i], 1e-5f);
            }

            foreach (Guarded written in new[] { y, sum, dx, dr })
            {
                written.AssertUntouchedAround();
            }
        }
    }

    private static void Added<V>(
        int rows, int n, Guarded x, Guarded r, Guarded sum, Guarded y, Guarded both, Guarded want, Guarded dy, Guarded dx, Guarded dr, Guarded mean, Guarded inverse, bool add)
        where V : struct, IVec<V>
    {
        NormLayer.Forward<V>(rows, n, both.P, null, null, Epsilon, want.P, mean.P, inverse.P);
        NormLayer.Forward<V>(rows, n, x.P, null, null, Epsilon, y.P, mean.P, inverse.P, r.P, sum.P);
        NormLayer.Backward<V>(rows, n, both.P, dy.P, null, mean.P, inverse.P, dx.P, add, null, null, false, dr.P, true);
    }

    [Fact]
    public void Results_written_past_the_cache_are_the_same_bits()
    {
        var random = new System.Random(12);
        foreach (int channels in new[] { 16, 48, 24, 5 })
        {
            const int rows = 37;
            using Guarded x = Guarded.Random(rows * channels, random), scale = Guarded.Random(channels, random), shift = Guarded.Random(channels, random);
            using Guarded near = new(rows * channels), far = new(rows * channels);

            NormApply<W512>.Forward(rows, channels, x.P, scale.P, shift.P, null, Activation.Relu6, near.P);
            NormApply<W512>.Forward(rows, channels, x.P, scale.P, shift.P, null, Activation.Relu6, far.P, far: true);
            Kit.AssertSameBits(near.Span, far.Span, $"16 lanes, {channels} channels");
            far.Span.Clear();
            NormApply<W256>.Forward(rows, channels, x.P, scale.P, shift.P, null, Activation.Relu6, far.P, far: true);
            Kit.AssertSameBits(near.Span, far.Span, $"8 lanes, {channels} channels");
            far.Span.Clear();
            NormApply<W128>.Forward(rows, channels, x.P, scale.P, shift.P, null, Activation.Relu6, far.P, far: true);
            Kit.AssertSameBits(near.Span, far.Span, $"4 lanes, {channels} channels");
            far.AssertUntouchedAround();
        }
    }

    [Theory, InlineData(16), InlineData(48), InlineData(24), InlineData(5)]
    public void Gradients_written_past_the_cache_are_the_same_bits(int channels)
    {
        var random = new System.Random(channels);
        const int rows = 37;
        using Guarded x = Guarded.Random(rows * channels, random), dy = Guarded.Random(rows * channels, random), parts = Guarded.Random(6 * channels, random);
        using Guarded near = new(rows * channels), far = new(rows * channels);
        float* k = parts.P, abd = k + channels;
        var gate = new NormGate { Most = 6, Scale = abd + (3 * channels), Shift = abd + (4 * channels) };

        foreach (NormGate what in new[] { default, gate })
        {
            NormApply<W512>.Backward(rows, channels, x.P, dy.P, what, k, abd, near.P, accumulate: false);
            NormApply<W512>.Backward(rows, channels, x.P, dy.P, what, k, abd, far.P, accumulate: false, far: true);
            Kit.AssertSameBits(near.Span, far.Span, "16 lanes");
            far.Span.Clear();
            NormApply<W256>.Backward(rows, channels, x.P, dy.P, what, k, abd, far.P, accumulate: false, far: true);
            Kit.AssertSameBits(near.Span, far.Span, "8 lanes");
            far.Span.Clear();
            NormApply<W128>.Backward(rows, channels, x.P, dy.P, what, k, abd, far.P, accumulate: false, far: true);
            Kit.AssertSameBits(near.Span, far.Span, "4 lanes");
            far.AssertUntouchedAround();
        }
    }

    [Fact]
    public void With_constant_statistics_the_gradient_is_scaled_alone()
    {
        using Guarded x = Guarded.Of([1, 2, 3, 4, 5, 6]), dy = Guarded.Of([1, -1, 2, 0, 0, 3]), dx = new(6), dgamma = new(2), dbeta = new(2);
        using Guarded mean = Guarded.Of([1, 2]), inverse = Guarded.Of([2, 0.5f]), gamma = Guarded.Of([3, -4]);

        NormBatch.Backward(3, 2, x.P, dy.P, Activation.None, null, mean.P, inverse.P, gamma.P, null, ofBatch: false, dx.P, false, dgamma.P, dbeta.P, false);

        // dx = dy * gamma * inverse = dy * (6, -2); dgamma = sum dy (x - mean) inverse; dbeta = sum dy.
        Assert.Equal([6, 2, 12, 0, 0, -6], dx.Span.ToArray());
        Assert.Equal([((1 * 0) + (2 * 2) + (0 * 4)) * 2, ((-1 * 0) + (0 * 2) + (3 * 4)) * 0.5f], dgamma.Span.ToArray());
        Assert.Equal([3, 2], dbeta.Span.ToArray());
    }

    [Fact]
    public void A_large_mean_does_not_drown_the_variance()
    {
        // Numbers 100000 + (0 or 1): mean 100000.5, variance 0.25.
        const int rows = 5000;
        using Guarded x = new(rows), mean = new(1), variance = new(1);
        for (int i = 0; i < rows; i++)
        {
            x.P[i] = 100_000 + (i % 2);
        }

        NormBatch.Statistics(rows, 1, x.P, mean.P, variance.P);

        Assert.Equal(100_000.5f, mean.P[0]);
        Assert.Equal(0.25, variance.P[0], 1e-6);
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var random = new System.Random(5);
        const int rows = 3000, channels = 37;
        float[] alone = All(random.Next(), 1);

        Kit.AssertSameBits(alone, All(0, 2), "2 threads");
        Kit.AssertSameBits(alone, All(0, 4), "4 threads");

        static float[] All(int unused, int threads)
        {
            using var team = new TeamOf(threads);
            var c = new Case(new System.Random(6), rows, channels);
            using Guarded mean = new(rows), variance = new(rows), inverse = new(rows);
            NormBatch.Statistics(rows, channels, c.X.P, mean.P, variance.P);
            Invert(channels, variance.P, inverse.P);
            NormBatch.Forward(rows, channels, c.X.P, mean.P, inverse.P, c.Gamma, c.Beta, null, Activation.Relu, c.Y.P);
            NormBatch.Backward(rows, channels, c.X.P, c.Dy.P, Activation.Relu, null, mean.P, inverse.P, c.Gamma, c.Beta, true, c.Dx.P, false, c.Dgamma.P, c.Dbeta.P, true);
            NormLayer.Forward(rows, channels, c.X.P, c.Gamma, c.Beta, Epsilon, c.Y.P, mean.P, inverse.P);
            NormLayer.Backward(rows, channels, c.X.P, c.Dy.P, c.Gamma, mean.P, inverse.P, c.Dx.P, true, c.Dgamma.P, c.Dbeta.P, true);
            NormGroup.Forward(3, rows / 3, channels, 37, c.X.P, c.Gamma, c.Beta, Epsilon, c.Y.P, mean.P, inverse.P);
            NormGroup.Backward(3, rows / 3, channels, 37, c.X.P, c.Dy.P, c.Gamma, mean.P, inverse.P, c.Dx.P, true, c.Dgamma.P, c.Dbeta.P, true);
            float[] result = [.. c.Y.Span, .. c.Dx.Span, .. c.Dgamma.Span, .. c.Dbeta.Span, .. mean.Span[..111], .. inverse.Span[..111]];
            c.Free();
            return result;
        }
    }

    private static void Invert(int channels, float* variance, float* inverse)
    {
        for (int c = 0; c < channels; c++)
        {
            inverse[c] = 1 / MathF.Sqrt(variance[c] + Epsilon);
        }
    }

    private static void Layer<V>(Case c, int rows, int n, float* mean, float* inverse)
        where V : struct, IVec<V>
    {
        NormLayer.Forward<V>(rows, n, c.X.P, c.Gamma, c.Beta, Epsilon, c.Y.P, mean, inverse);
        NormLayer.Backward<V>(rows, n, c.X.P, c.Dy.P, c.Gamma, mean, inverse, c.Dx.P, c.Accumulate, c.Dgamma.P, c.Dbeta.P, c.Accumulate);
    }

    private static void Group<V>(Case c, int images, int positions, int channels, int groups, float* mean, float* inverse)
        where V : struct, IVec<V>
    {
        NormGroup.Forward<V>(images, positions, channels, groups, c.X.P, c.Gamma, c.Beta, Epsilon, c.Y.P, mean, inverse);
        NormGroup.Backward<V>(
            images, positions, channels, groups, c.X.P, c.Dy.P, c.Gamma, mean, inverse, c.Dx.P, c.Accumulate, c.Dgamma.P, c.Dbeta.P, c.Accumulate);
    }

    private static void Batch<V>(Case c, int rows, int channels, Activation activation, float* mean, float* variance, float* inverse)
        where V : struct, IVec<V>
    {
        NormBatch.Statistics<V>(rows, channels, c.X.P, mean, variance);
        Invert(channels, variance, inverse);
        NormBatch.Forward<V>(rows, channels, c.X.P, mean, inverse, c.Gamma, c.Beta, c.Plus, activation, c.Y.P);
        NormBatch.Backward<V>(
            rows, channels, c.X.P, c.Dy.P, activation, c.Output, mean, inverse, c.Gamma, c.Beta, true, c.Dx.P, c.Accumulate, c.Dgamma.P, c.Dbeta.P, c.Accumulate);
    }

    /// <summary>Any normalization: elements of one set share mean and variance, elements of one channel share gamma and beta.</summary>
    private static void Reference(Case c, int count, Func<int, int> set, Func<int, int> channel)
    {
        int sets = Enumerable.Range(0, count).Max(set) + 1;
        double[] size = new double[sets], mean = new double[sets], variance = new double[sets], even = new double[sets], slope = new double[sets];
        for (int i = 0; i < count; i++)
        {
            size[set(i)]++;
            mean[set(i)] += c.X.P[i];
        }

        for (int i = 0; i < count; i++)
        {
            double d = c.X.P[i] - (mean[set(i)] / size[set(i)]);
            variance[set(i)] += d * d;
        }

        double Hat(int i) => (c.X.P[i] - (mean[set(i)] / size[set(i)])) / Math.Sqrt((variance[set(i)] / size[set(i)]) + Epsilon);
        double Weight(int i) => c.Gamma == null ? 1 : c.Gamma[channel(i)];
        double[] g = new double[count];
        for (int i = 0; i < count; i++)
        {
            double y = (Hat(i) * Weight(i)) + (c.Beta == null ? 0 : c.Beta[channel(i)]) + (c.Plus == null ? 0 : c.Plus[i]);
            double least = c.Activation == Activation.None ? double.NegativeInfinity : 0, most = c.Activation == Activation.Relu6 ? 6 : double.PositiveInfinity;
            c.WantY[i] = Math.Clamp(y, least, most);

            // Near a kink single and double precision may disagree: such elements get no gradient on either side.
            if (Math.Abs(y - least) < 1e-4 || Math.Abs(y - most) < 1e-4)
            {
                c.Dy.P[i] = 0;
            }

            g[i] = y <= least || y >= most ? 0 : c.Dy.P[i];
            c.WantDy[i] = c.Output == null ? c.Dy.P[i] : g[i];
            c.WantDgamma[channel(i)] += g[i] * Hat(i);
            c.WantDbeta[channel(i)] += g[i];
            even[set(i)] += g[i] * Weight(i);
            slope[set(i)] += g[i] * Weight(i) * Hat(i);
        }

        c.Steepest = Enumerable.Range(0, sets).Max(i => 1 / Math.Sqrt((variance[i] / size[i]) + Epsilon));
        for (int i = 0; i < count; i++)
        {
            double centered = (g[i] * Weight(i)) - (even[set(i)] / size[set(i)]) - (Hat(i) * slope[set(i)] / size[set(i)]);
            c.WantDx[i] += centered / Math.Sqrt((variance[set(i)] / size[set(i)]) + Epsilon);
        }
    }

    /// <summary>Random input, gradients and parameters of a normalization with so many rows and channels.</summary>
    private sealed class Case
    {
        private readonly Guarded _gamma;
        private readonly Guarded _beta;
        private readonly Guarded _plus;
        private readonly bool _affine;
        private readonly bool _hasPlus;

        public Case(System.Random random, int rows, int channels, bool plus = false, Activation activation = Activation.None)
        {
            X = Guarded.Random(rows * channels, random, 3);
            Dy = Guarded.Random(rows * channels, random);
            Y = new Guarded(rows * channels);
            Dx = Guarded.Random(rows * channels, random);
            _plus = Guarded.Random(rows * channels, random);
            _gamma = Guarded.Random(channels, random, 2);
            _beta = Guarded.Random(channels, random, 2);
            Dgamma = Guarded.Random(channels, random);
            Dbeta = Guarded.Random(channels, random);
            Accumulate = random.Next(2) == 0;
            Activation = activation;
            _affine = random.Next(4) != 0;
            _hasPlus = plus;
            WantY = new double[rows * channels];
            WantDy = new double[rows * channels];
            WantDx = Before(Dx);
            WantDgamma = Before(Dgamma);
            WantDbeta = Before(Dbeta);
        }

        public Guarded X { get; }

        public Guarded Dy { get; }

        public Guarded Y { get; }

        public Guarded Dx { get; }

        public Guarded Dgamma { get; }

        public Guarded Dbeta { get; }

        public bool Accumulate { get; }

        public Activation Activation { get; }

        /// <summary>What backward is told of the output.</summary>
        public float* Output => _hasPlus && Activation != Activation.None ? Y.P : null;

        /// <summary>The largest 1 / standard deviation.</summary>
        public double Steepest { get; set; }

        public double[] WantY { get; }

        public double[] WantDx { get; }

        /// <summary>The gradient that comes in, when it has been used: that of a residual.</summary>
        public double[] WantDy { get; }

        public double[] WantDgamma { get; }

        public double[] WantDbeta { get; }

        public float* Gamma => _affine ? _gamma.P : null;

        public float* Beta => _affine ? _beta.P : null;

        public float* Plus => _hasPlus ? _plus.P : null;

        public void Verify(string what)
        {
            Kit.AssertClose(WantY, Y.Span, Tolerance, $"result, {what}");

            if (Output != null)
            {
                Kit.AssertClose(WantDy, Dy.Span, 0, $"gradient of the residual, {what}");
            }

            // Sets of two numbers can have a variance near 0: what is left of their gradients is multiplied by 1 / deviation.
            Kit.AssertClose(WantDx, Dx.Span, Tolerance * Math.Max(1, Steepest), $"gradient of x, {what}");
            Kit.AssertClose(WantDgamma, Dgamma.Span, Tolerance * 3, $"gradient of gamma, {what}");
            Kit.AssertClose(WantDbeta, Dbeta.Span, Tolerance, $"gradient of beta, {what}");
            foreach (Guarded block in new[] { Y, Dx, Dy, Dgamma, Dbeta })
            {
                block.AssertUntouchedAround();
            }

            Free();
        }

        public void Free()
        {
            foreach (Guarded block in new[] { X, Dy, Y, Dx, Dgamma, Dbeta, _gamma, _beta, _plus })
            {
                block.Dispose();
            }
        }

        private double[] Before(Guarded block) => [.. block.Span.ToArray().Select(v => Accumulate ? (double)v : 0)];
    }
}
