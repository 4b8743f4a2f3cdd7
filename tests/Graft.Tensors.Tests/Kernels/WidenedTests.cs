using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>Pictures widened, normalized, clipped and filtered a few rows at a time, against the definition step by step in double precision.</summary>
[Trait("category", "kernels")]
public sealed unsafe class WidenedTests
{
    // Sums over all pixels, of up to some thousand products.
    private const double Tolerance = 1e-4;

    /// <summary>Which loops run: 0 the public entries, else a width with steps as small as they get or of some rows.</summary>
    public static TheoryData<int, int> Loops => new()
    {
        { 0, 1 }, { 512, 2 }, { 256, 3 }, { 128, 4 },
    };

    [Theory, MemberData(nameof(Loops))]
    public void Results_and_gradients_of_any_shape_follow_the_definition(int width, int seed)
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            using var c = new Case(random);
            c.Run(width, random.Next(2) == 0 ? 1 : 20_000);

            foreach ((string what, double[] expected, Guarded actual) in c.Reference())
            {
                AssertClose(expected, actual.Span, Tolerance, $"{what}, {c}");
                actual.AssertUntouchedAround();
            }
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var random = new System.Random(9);
        for (int round = 0; round < 6; round++)
        {
            using var c = new Case(random);
            float[] alone = c.OnThreads(1);

            Kit.AssertSameBits(alone, c.OnThreads(2), $"2 threads, {c}");
            Kit.AssertSameBits(alone, c.OnThreads(4), $"4 threads, {c}");
        }
    }

    [Fact]
    public void A_mean_a_thousand_times_the_deviation_does_not_drown_it()
    {
        using var c = new Case(new System.Random(3), far: 1000);

        c.Run(0, 0);

        // The mean itself is known to seven digits: four are left of the distances from it.
        foreach ((string what, double[] expected, Guarded actual) in c.Reference())
        {
            AssertClose(expected, actual.Span, 1e-2, $"{what}, {c}");
        }
    }

    // Sums that mostly cancel: errors are a share of the largest number.
    private static void AssertClose(double[] expected, ReadOnlySpan<float> actual, double tolerance, string what)
    {
        float largest = (float)Math.Max(1, expected.Max(Math.Abs));
        Kit.AssertClose([.. expected.Select(v => v / largest)], [.. actual.ToArray().Select(v => v / largest)], tolerance, what);
    }

    private sealed class Case : IDisposable
    {
        private readonly InvertedShape _s;
        private readonly Activation _activation;
        private readonly bool _add;
        private readonly float[] _before;
        private readonly Guarded _x;
        private readonly Guarded _widen;
        private readonly Guarded _gamma;
        private readonly Guarded _beta;
        private readonly Guarded _filter;
        private readonly Guarded _dy;
        private readonly Guarded _middle;
        private readonly Guarded _covariance;
        private readonly Guarded _mean;
        private readonly Guarded _inverse;
        private readonly Guarded _y;
        private readonly Guarded _yMean;
        private readonly Guarded _yVariance;
        private readonly Guarded _dx;
        private readonly Guarded _dwiden;
        private readonly Guarded _dgamma;
        private readonly Guarded _dbeta;
        private readonly Guarded _dfilter;
        private readonly Guarded _ones;
        private readonly Guarded _zeros;

        public Case(System.Random random, float far = 0)
        {
            int channels = far > 0 ? 5 : random.Next(1, 30), wide = far > 0 ? 17 : Kit.Edge(random, 70);
            _s = new InvertedShape(random.Next(2, 4), random.Next(1, 16), random.Next(2, 20), channels, wide, wide, random.Next(1, 3));
            _activation = random.Next(3) == 0 ? Activation.Relu : Activation.Relu6;
            _add = random.Next(2) == 0;
            int pixels = _s.N * _s.H * _s.W, targets = _s.N * _s.OutH * _s.OutW;
            _x = Guarded.Random(pixels * channels, random);
            foreach (ref float x in _x.Span)
            {
                x += far;
            }

            _widen = Guarded.Random(channels * wide, random);
            _gamma = Guarded.Random(wide, random, 4);
            _beta = Guarded.Random(wide, random, 2);
            _filter = Guarded.Random(9 * wide, random);
            _dy = Guarded.Random(targets * wide, random);
            _middle = new Guarded(channels);
            _covariance = new Guarded(channels * channels);
            _mean = new Guarded(wide);
            _inverse = new Guarded(wide);
            _y = new Guarded(targets * wide);
            _yMean = new Guarded(wide);
            _yVariance = new Guarded(wide);
            _dx = Guarded.Random(pixels * channels, random);
            _dwiden = Guarded.Random(channels * wide, random);
            _dgamma = Guarded.Random(wide, random);
            _dbeta = Guarded.Random(wide, random);
            _dfilter = Guarded.Random(9 * wide, random);
            _ones = Guarded.Of(Enumerable.Repeat(1f, wide).ToArray());
            _zeros = Guarded.Of(new float[wide]);
            _before = [.. _dx.Span, .. _dwiden.Span, .. _dgamma.Span, .. _dbeta.Span, .. _dfilter.Span];
        }

        private WidenedParts Parts => new()
        {
            X = _x.P,
            Middle = _middle.P,
            Covariance = _covariance.P,
            Widen = _widen.P,
            Inverse = _inverse.P,
            Gamma = _gamma.P,
            Beta = _beta.P,
            Activation = _activation,
            Filter = _filter.P,
        };

        private WidenedGradient Gradient => new()
        {
            Dx = _dx.P,
            AddX = _add,
            Dwiden = _dwiden.P,
            AddWiden = _add,
            Dgamma = _dgamma.P,
            Dbeta = _dbeta.P,
            AddParameters = _add,
            Dfilter = _dfilter.P,
            AddFilter = _add,
        };

        private IEnumerable<Guarded> Gradients => [_dx, _dwiden, _dgamma, _dbeta, _dfilter];

        public void Run(int width, int bytes)
        {
            switch (width)
            {
                case 0:
                    Widened.Moments(_s, Parts, _mean.P, _inverse.P);
                    Invert();
                    Widened.Forward(_s, Parts, _y.P, _yMean.P, _yVariance.P);
                    Widened.Backward(_s, Parts, Behind(), Gradient);
                    break;
                case 512:
                    Run<W512>(bytes);
                    break;
                case 256:
                    Run<W256>(bytes);
                    break;
                default:
                    Run<W128>(bytes);
                    break;
            }
        }

        public float[] OnThreads(int threads)
        {
            using var team = new TeamOf(threads);
            int at = 0;
            foreach (Guarded block in Gradients)
            {
                _before.AsSpan(at, block.Length).CopyTo(block.Span);
                at += block.Length;
            }

            Run(0, 0);
            return [.. _mean.Span, .. _inverse.Span, .. _y.Span, .. _yMean.Span, .. _yVariance.Span, .. Gradients.SelectMany(block => block.Span.ToArray())];
        }

        public (string What, double[] Expected, Guarded Actual)[] Reference()
        {
            InvertedShape s = _s;
            int wide = s.Wide, pixels = s.N * s.H * s.W, outH = s.OutH, outW = s.OutW, targets = s.N * outH * outW;
            double[] z = new double[pixels * wide], a = new double[z.Length], g = new double[z.Length], y = new double[targets * wide];
            for (int i = 0; i < z.Length; i++)
            {
                z[i] = Enumerable.Range(0, s.Cin).Sum(k => (double)_x.P[((i / wide) * s.Cin) + k] * _widen.P[(k * wide) + (i % wide)]);
            }

            (double[] mean, double[] variance) = MomentsOf(z, wide);
            double[] inverse = [.. variance.Select(v => 1 / Math.Sqrt(v + 1e-5))], xhat = [.. z.Select((v, i) => (v - mean[i % wide]) * inverse[i % wide])];
            double most = _activation == Activation.Relu6 ? 6 : double.PositiveInfinity;
            for (int i = 0; i < z.Length; i++)
            {
                z[i] = (xhat[i] * _gamma.P[i % wide]) + _beta.P[i % wide];
                a[i] = Math.Clamp(z[i], 0, most);
            }

            double[] dfilter = new double[9 * wide];
            Taps((target, source, tap) => y[target] += a[source] * _filter.P[tap]);
            double[] dy = BehindGradient(y);
            Taps((target, source, tap) =>
            {
                g[source] += dy[target] * _filter.P[tap];
                dfilter[tap] += dy[target] * a[source];
            });
            double[] dgamma = new double[wide], dbeta = new double[wide], dx = new double[pixels * s.Cin], dwiden = new double[s.Cin * wide];
            for (int i = 0; i < g.Length; i++)
            {
                g[i] = z[i] > 0 && z[i] < most ? g[i] : 0;
                dgamma[i % wide] += g[i] * xhat[i];
                dbeta[i % wide] += g[i];
            }

            for (int i = 0; i < g.Length; i++)
            {
                int c = i % wide, p = i / wide;
                double dz = _gamma.P[c] * inverse[c] * (g[i] - (dbeta[c] / pixels) - (xhat[i] * dgamma[c] / pixels));
                for (int k = 0; k < s.Cin; k++)
                {
                    dx[(p * s.Cin) + k] += dz * _widen.P[(k * wide) + c];
                    dwiden[(k * wide) + c] += dz * _x.P[(p * s.Cin) + k];
                }
            }

            (double[] yMean, double[] yVariance) = MomentsOf(y, wide);
            double[][] gradients = [dx, dwiden, dgamma, dbeta, dfilter];
            int at = 0;
            foreach (double[] gradient in gradients)
            {
                for (int i = 0; i < gradient.Length; i++, at++)
                {
                    gradient[i] += _add ? _before[at] : 0;
                }
            }

            return
            [
                ("mean", mean, _mean), ("inverse", inverse, _inverse), ("result", y, _y), ("its mean", yMean, _yMean), ("its variance", yVariance, _yVariance),
                ("image", dx, _dx), ("weights", dwiden, _dwiden), ("factors", dgamma, _dgamma), ("shifts", dbeta, _dbeta), ("filter", dfilter, _dfilter),
            ];

            void Taps(Action<int, int, int> each)
            {
                for (int i = 0; i < targets * 9 * wide; i++)
                {
                    int c = i % wide, j = i / wide % 9, target = i / wide / 9, u = target % outW, t = target / outW % outH, n = target / outW / outH;
                    int h = (t * s.Stride) - 1 + (j / 3), w = (u * s.Stride) - 1 + (j % 3);
                    if (h >= 0 && h < s.H && w >= 0 && w < s.W)
                    {
                        each((target * wide) + c, (((((n * s.H) + h) * s.W) + w) * wide) + c, (j * wide) + c);
                    }
                }
            }
        }

        public override string ToString() => $"{_s}, adds {_add}, {_activation}";

        public void Dispose()
        {
            foreach (Guarded block in new[]
            {
                _x, _widen, _gamma, _beta, _filter, _dy, _middle, _covariance, _mean, _inverse, _y, _yMean, _yVariance, _dx, _dwiden, _dgamma, _dbeta, _dfilter, _ones, _zeros,
            })
            {
                block.Dispose();
            }
        }

        private void Run<V>(int bytes)
            where V : struct, IVec<V>
        {
            WidenedForward<V>.Moments(_s, Parts, _mean.P, _inverse.P);
            Invert();
            WidenedForward<V>.Run(_s, Parts, _y.P, _yMean.P, _yVariance.P, bytes);
            ConvNormGradient b = Behind();
            NormSlope slope = NormBatch.Slope<V>(
                _y.Length / _s.Wide, _s.Wide, b.Between, b.Dy, b.Activation, null, b.Mean, b.Inverse, b.Gamma, b.Beta, true, null, null, false);
            WidenedBackward<V>.Run(_s, Parts, slope, Gradient, bytes);
        }

        // A normalization by mean 0 and deviation 1, whatever the results are.
        private ConvNormGradient Behind() => new()
        {
            Between = _y.P,
            Dy = _dy.P,
            Mean = _zeros.P,
            Inverse = _ones.P,
            Gamma = _ones.P,
            Beta = _zeros.P,
        };

        // dy - mean(dy) - y mean(dy y).
        private double[] BehindGradient(double[] y)
        {
            int wide = _s.Wide, rows = y.Length / wide;
            double[] sum = new double[wide], product = new double[wide];
            for (int i = 0; i < y.Length; i++)
            {
                sum[i % wide] += (double)_dy.P[i] / rows;
                product[i % wide] += _dy.P[i] * y[i] / rows;
            }

            return [.. y.Select((v, i) => _dy.P[i] - sum[i % wide] - (v * product[i % wide]))];
        }

        private void Invert()
        {
            foreach (ref float v in _inverse.Span)
            {
                v = 1 / MathF.Sqrt(v + 1e-5f);
            }
        }

        private static (double[] Mean, double[] Variance) MomentsOf(double[] values, int channels)
        {
            double[] mean = new double[channels], variance = new double[channels];
            int rows = values.Length / channels;
            for (int i = 0; i < values.Length; i++)
            {
                mean[i % channels] += values[i] / rows;
            }

            for (int i = 0; i < values.Length; i++)
            {
                variance[i % channels] += Math.Pow(values[i] - mean[i % channels], 2) / rows;
            }

            return (mean, variance);
        }
    }
}
