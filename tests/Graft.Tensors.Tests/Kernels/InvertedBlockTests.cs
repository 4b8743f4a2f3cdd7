using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class InvertedBlockTests
{
    // Three sums in a row, of up to some hundred products.
    private const double Tolerance = 1e-4;

    /// <summary>Which loops run: 0 the public entry, else a width with steps as small as they get.</summary>
    public static TheoryData<int, int> Loops => new()
    {
        { 0, 1 }, { 512, 2 }, { 256, 3 }, { 128, 4 },
    };

    [Theory, MemberData(nameof(Loops))]
    public void Blocks_of_any_shape_follow_the_definition(int width, int seed)
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            using var c = new Case(random);

            c.Run(width, random.Next(2) == 0 ? 1 : 20_000);

            Kit.AssertClose(c.Reference(), c.Y.Span, Tolerance, c.ToString());
            c.Y.AssertUntouchedAround();
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

    private sealed class Case : IDisposable
    {
        private readonly InvertedShape _s;
        private readonly bool _widens;
        private readonly bool _adds;
        private readonly Activation _activation;
        private readonly Guarded _x;
        private readonly Guarded _widen;
        private readonly Guarded _widenBias;
        private readonly Guarded _filter;
        private readonly Guarded _filterBias;
        private readonly Guarded _narrow;
        private readonly Guarded _narrowBias;

        public Case(System.Random random)
        {
            _widens = random.Next(4) != 0;
            _adds = random.Next(2) == 0;
            int channels = random.Next(1, 30), wide = _widens ? Kit.Edge(random, 70) : channels;
            _s = new InvertedShape(
                random.Next(1, 4), random.Next(1, 16), random.Next(1, 20), channels, wide, _adds ? channels : Kit.Edge(random, 70), _adds ? 1 : random.Next(1, 3));
            _activation = random.Next(3) == 0 ? Activation.Relu : Activation.Relu6;
            _x = Guarded.Random(_s.N * _s.H * _s.W * _s.Cin, random);
            _widen = Guarded.Random(_s.Cin * wide, random);
            _widenBias = Guarded.Random(wide, random);
            _filter = Guarded.Random(9 * wide, random, 3);
            _filterBias = Guarded.Random(wide, random);
            _narrow = Guarded.Random(wide * _s.Cout, random);
            _narrowBias = Guarded.Random(_s.Cout, random);
            Y = new Guarded(_s.N * _s.OutH * _s.OutW * _s.Cout);
        }

        public Guarded Y { get; }

        private InvertedParts Parts => new()
        {
            Widen = _widens ? _widen.P : null,
            WidenBias = _widenBias.P,
            Filter = _filter.P,
            FilterBias = _filterBias.P,
            Narrow = _narrow.P,
            NarrowBias = _narrowBias.P,
        };

        public void Run(int width, int stepBytes)
        {
            float* residual = _adds ? _x.P : null;
            switch (width)
            {
                case 0:
                    InvertedBlock.Run(_s, Parts, _x.P, _activation, residual, Y.P);
                    break;
                case 512:
                    InvertedBlock<W512>.Run(_s, Parts, _x.P, _activation, residual, Y.P, stepBytes);
                    break;
                case 256:
                    InvertedBlock<W256>.Run(_s, Parts, _x.P, _activation, residual, Y.P, stepBytes);
                    break;
                default:
                    InvertedBlock<W128>.Run(_s, Parts, _x.P, _activation, residual, Y.P, stepBytes);
                    break;
            }
        }

        public float[] OnThreads(int threads)
        {
            using var team = new TeamOf(threads);
            Run(0, 0);
            return Y.Span.ToArray();
        }

        public double[] Reference()
        {
            InvertedShape s = _s;
            int pixels = s.N * s.H * s.W, outH = s.OutH, outW = s.OutW, targets = s.N * outH * outW;
            double[] wide = new double[pixels * s.Wide], filtered = new double[targets * s.Wide], y = new double[targets * s.Cout];
            for (int i = 0; i < wide.Length; i++)
            {
                int p = i / s.Wide, k = i % s.Wide;
                wide[i] = _widens ? Act(_widenBias.P[k] + Enumerable.Range(0, s.Cin).Sum(c => (double)_x.P[(p * s.Cin) + c] * _widen.P[(c * s.Wide) + k])) : _x.P[i];
            }

            for (int i = 0; i < filtered.Length; i++)
            {
                int k = i % s.Wide, u = i / s.Wide % outW, t = i / s.Wide / outW % outH, n = i / s.Wide / outW / outH;
                double sum = _filterBias.P[k];
                for (int j = 0; j < 9; j++)
                {
                    int h = (t * s.Stride) - 1 + (j / 3), w = (u * s.Stride) - 1 + (j % 3);
                    if (h >= 0 && h < s.H && w >= 0 && w < s.W)
                    {
                        sum += wide[((((n * s.H) + h) * s.W) + w) * s.Wide + k] * _filter.P[(j * s.Wide) + k];
                    }
                }

                filtered[i] = Act(sum);
            }

            for (int i = 0; i < y.Length; i++)
            {
                int p = i / s.Cout, o = i % s.Cout;
                y[i] = _narrowBias.P[o] + (_adds ? _x.P[i] : 0) + Enumerable.Range(0, s.Wide).Sum(k => filtered[(p * s.Wide) + k] * _narrow.P[(k * s.Cout) + o]);
            }

            return y;
        }

        public override string ToString() => $"{_s}, widens {_widens}, adds {_adds}, {_activation}";

        public void Dispose()
        {
            foreach (Guarded block in new[] { _x, _widen, _widenBias, _filter, _filterBias, _narrow, _narrowBias, Y })
            {
                block.Dispose();
            }
        }

        private double Act(double v) => _activation == Activation.Relu6 ? Math.Clamp(v, 0, 6) : Math.Max(v, 0);
    }
}
