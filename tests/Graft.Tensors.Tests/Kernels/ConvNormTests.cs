using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>The kernels that compute a convolution and the normalization behind it in shared passes, against the same in two steps.</summary>
[Trait("category", "kernels")]
public sealed unsafe class ConvNormTests
{
    private const double Tolerance = 1e-4;

    public static TheoryData<int> Widths => new(512, 256, 128);

    [Theory, MemberData(nameof(Widths))]
    public void Statistics_on_the_way_are_those_of_the_results(int width)
    {
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            ConvShape s = Shape(random);
            using Guarded x = Guarded.Random((int)s.InputSize, random), w = Guarded.Random((int)s.WeightSize, random), y = new((int)s.OutputSize), want = new((int)s.OutputSize);
            using Guarded mean = new(s.Cout), variance = new(s.Cout);
            int block = random.Next(2) == 0 ? 1 : 3000;
            Conv.Forward(s, x.P, w.P, want.P);

            switch (width)
            {
                case 512:
                    ConvStatistics<W512>.Run(s, x.P, w.P, y.P, mean.P, variance.P, block);
                    break;
                case 256:
                    ConvStatistics<W256>.Run(s, x.P, w.P, y.P, mean.P, variance.P, block);
                    break;
                default:
                    ConvStatistics<W128>.Run(s, x.P, w.P, y.P, mean.P, variance.P, block);
                    break;
            }

            Kit.AssertClose(Doubles(want), y.Span, Tolerance, $"result {Name(s)}");
            double[] means = new double[s.Cout], squares = new double[s.Cout];
            int rows = y.Length / s.Cout;
            for (int i = 0; i < y.Length; i++)
            {
                means[i % s.Cout] += (double)y.P[i] / rows;
            }

            for (int i = 0; i < y.Length; i++)
            {
                squares[i % s.Cout] += Math.Pow(y.P[i] - means[i % s.Cout], 2) / rows;
            }

            Kit.AssertClose(means, mean.Span, 1e-5, $"mean {Name(s)}");
            Kit.AssertClose(squares, variance.Span, 1e-5, $"variance {Name(s)}");
            foreach (Guarded block1 in new[] { y, mean, variance })
            {
                block1.AssertUntouchedAround();
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Gradients_in_shared_passes_are_those_of_two_steps(int width)
    {
        var random = new System.Random(width + 1);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            using var c = new Case(Shape(random), random);
            c.Apart();
            double[] dx = Doubles(c.Dx), dw = Doubles(c.Dw), dgamma = Doubles(c.Dgamma), dbeta = Doubles(c.Dbeta);
            c.Reset();

            switch (width)
            {
                case 512:
                    c.Shared<W512>();
                    break;
                case 256:
                    c.Shared<W256>();
                    break;
                default:
                    c.Shared<W128>();
                    break;
            }

            Kit.AssertClose(dx, c.Dx.Span, Tolerance, $"image, {Name(c.S)}");
            Kit.AssertClose(dw, c.Dw.Span, Tolerance, $"weights, {Name(c.S)}");
            Kit.AssertClose(dgamma, c.Dgamma.Span, Tolerance, $"factors, {Name(c.S)}");
            Kit.AssertClose(dbeta, c.Dbeta.Span, Tolerance, $"shifts, {Name(c.S)}");
            foreach (Guarded block in new[] { c.Dx, c.Dw, c.Dgamma, c.Dbeta })
            {
                block.AssertUntouchedAround();
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Pictures_that_go_through_a_normalization_on_the_way_are_as_if_they_had_before(int width)
    {
        var random = new System.Random(width + 2);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            using var c = new Case(PointShape(random), random);
            using Guarded raw = Guarded.Random(c.X.Length, random), mean = Guarded.Random(c.S.Cin, random), inverse = Guarded.Random(c.S.Cin, random);
            using Guarded gamma = Guarded.Random(c.S.Cin, random, 9), beta = Guarded.Random(c.S.Cin, random, 2);
            var middle = new ConvNormGradient
            {
                Between = raw.P,
                Activation = (Activation)random.Next(1, 3),
                Mean = mean.P,
                Inverse = inverse.P,
                Gamma = gamma.P,
                Beta = beta.P,
            };
            NormBatch.Forward(c.X.Length / c.S.Cin, c.S.Cin, raw.P, mean.P, inverse.P, gamma.P, beta.P, null, middle.Activation, c.X.P);
            Forward(width, c, middle);
            c.Apart(addX: false);
            double[] dx = Doubles(c.Dx), dw = Doubles(c.Dw), sums = new double[2 * c.S.Cin];
            for (int i = 0; i < dx.Length; i++)
            {
                double g = c.X.P[i] > 0 && !(middle.Activation == Activation.Relu6 && c.X.P[i] >= 6) ? dx[i] : 0;
                sums[i % c.S.Cin] += g;
                sums[c.S.Cin + (i % c.S.Cin)] += g * ((double)raw.P[i] - mean.P[i % c.S.Cin]);
            }

            c.Reset();
            float[] found = width switch
            {
                512 => c.Narrow<W512>(middle),
                256 => c.Narrow<W256>(middle),
                _ => c.Narrow<W128>(middle),
            };

            Kit.AssertClose(dx, c.Dx.Span, Tolerance, $"image, {Name(c.S)}");
            Kit.AssertClose(dw, c.Dw.Span, Tolerance, $"weights, {Name(c.S)}");
            Kit.AssertClose(sums, found, 1e-3, $"sums, {Name(c.S)}");
            c.Dx.AssertUntouchedAround();
            c.Dw.AssertUntouchedAround();
        }

        static ConvShape PointShape(System.Random random) => new()
        {
            N = random.Next(1, 4), H = random.Next(2, 16), W = random.Next(2, 24), Cin = Kit.Edge(random, 70), Cout = Kit.Edge(random, 70),
        };

        static void Forward(int width, Case c, ConvNormGradient middle)
        {
            using Guarded y = new((int)c.S.OutputSize), want = new((int)c.S.OutputSize), mean = new(c.S.Cout), variance = new(c.S.Cout);
            Conv.Forward(c.S, c.X.P, c.W.P, want.P);
            if (width == 512)
            {
                Narrowed.Forward(c.S, middle, c.W.P, y.P, mean.P, variance.P);
                Kit.AssertClose(Doubles(want), y.Span, Tolerance, $"result, {Name(c.S)}");
                y.AssertUntouchedAround();
            }
        }
    }

    [Fact]
    public void One_gradient_alone_is_the_same_bits()
    {
        var random = new System.Random(8);
        for (int round = 0; round < Kit.Rounds(20); round++)
        {
            using var c = new Case(Shape(random), random);
            c.Shared<W256>();
            float[] dx = c.Dx.Span.ToArray(), dw = c.Dw.Span.ToArray();
            c.Reset();
            c.Shared<W256>(weights: false);
            c.Shared<W256>(image: false);

            Kit.AssertSameBits(dx, c.Dx.Span, $"image, {Name(c.S)}");
            Kit.AssertSameBits(dw, c.Dw.Span, $"weights, {Name(c.S)}");
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        ConvShape[] shapes =
        [
            new() { N = 3, H = 150, W = 171, Cin = 16, Cout = 61 },
            new() { N = 3, H = 225, W = 201, Cin = 48, Cout = 48, Groups = 48, KH = 3, KW = 3, PadH = 1, PadW = 1 },
            new() { N = 2, H = 60, W = 61, Cin = 51, Cout = 51, Groups = 51, KH = 3, KW = 3, PadH = 1, PadW = 1, StrideH = 2, StrideW = 2 },
            new() { N = 2, H = 30, W = 31, Cin = 20, Cout = 33, KH = 3, KW = 3, PadH = 1, PadW = 1 },
        ];
        foreach (ConvShape s in shapes)
        {
            float[] alone = All(s, 1);

            Kit.AssertSameBits(alone, All(s, 2), $"2 threads, {Name(s)}");
            Kit.AssertSameBits(alone, All(s, 4), $"4 threads, {Name(s)}");
        }

        static float[] All(ConvShape s, int threads)
        {
            using var team = new TeamOf(threads);
            using var c = new Case(s, new System.Random(5));
            ConvNorm.Forward(s, c.X.P, c.W.P, c.Between.P, c.Mean.P, c.Inverse.P);
            float[] variance = c.Inverse.Span.ToArray();
            c.Inverse.Span.Fill(2);
            ConvNorm.Backward(s, c.Gradient());
            return [.. c.Between.Span, .. c.Mean.Span, .. variance, .. c.Dx.Span, .. c.Dw.Span, .. c.Dgamma.Span, .. c.Dbeta.Span];
        }
    }

    private static ConvShape Shape(System.Random random)
    {
        var s = new ConvShape { N = random.Next(1, 4), H = random.Next(2, 16), W = random.Next(2, 24), Cin = Kit.Edge(random, 70), Cout = Kit.Edge(random, 70) };
        if (random.Next(2) == 0)
        {
            s.Groups = s.Cout = s.Cin = Kit.Edge(random, 70) + 1;
            s.KH = s.KW = 3;
            s.PadH = random.Next(2);
            s.PadW = random.Next(2);
            s.StrideH = s.StrideW = random.Next(1, 3);
            s.H += 3;
            s.W += 3;
        }

        return s;
    }

    private static string Name(ConvShape s) => $"[{s.N}, {s.H}, {s.W}, {s.Cin}] -> {s.Cout}, kernel {s.KH}, stride {s.StrideH}, pad {s.PadH} x {s.PadW}, groups {s.Groups}";

    private static double[] Doubles(Guarded block) => [.. block.Span.ToArray().Select(v => (double)v)];

    private sealed class Case : IDisposable
    {
        private readonly bool _add;
        private readonly int _block;
        private readonly float[][] _before;
        private readonly Guarded _dy;
        private readonly Guarded _room;
        private readonly Guarded _gamma;
        private readonly Guarded _beta;
        private readonly Activation _activation;

        public Case(ConvShape s, System.Random random)
        {
            S = s;
            X = Guarded.Random((int)s.InputSize, random);
            W = Guarded.Random((int)s.WeightSize, random);
            Between = Guarded.Random((int)s.OutputSize, random);
            _dy = Guarded.Random((int)s.OutputSize, random);
            _room = new Guarded((int)s.OutputSize);
            Mean = Guarded.Random(s.Cout, random);
            Inverse = Guarded.Random(s.Cout, random);
            _gamma = Guarded.Random(s.Cout, random, 2);
            _beta = Guarded.Random(s.Cout, random, 2);
            Dx = Guarded.Random((int)s.InputSize, random);
            Dw = Guarded.Random((int)s.WeightSize, random);
            Dgamma = Guarded.Random(s.Cout, random);
            Dbeta = Guarded.Random(s.Cout, random);
            _before = [Dx.Span.ToArray(), Dw.Span.ToArray(), Dgamma.Span.ToArray(), Dbeta.Span.ToArray()];
            _add = random.Next(2) == 0;
            _block = random.Next(2) == 0 ? 1 : 5000;
            _activation = (Activation)random.Next(3);
        }

        public ConvShape S { get; }

        public Guarded X { get; }

        public Guarded W { get; }

        public Guarded Between { get; }

        public Guarded Mean { get; }

        public Guarded Inverse { get; }

        public Guarded Dx { get; }

        public Guarded Dw { get; }

        public Guarded Dgamma { get; }

        public Guarded Dbeta { get; }

        public void Reset()
        {
            _before[0].CopyTo(Dx.Span);
            _before[1].CopyTo(Dw.Span);
            _before[2].CopyTo(Dgamma.Span);
            _before[3].CopyTo(Dbeta.Span);
        }

        public ConvNormGradient Gradient() => new()
        {
            X = X.P,
            W = W.P,
            Between = Between.P,
            Dy = _dy.P,
            Room = _room.P,
            Activation = _activation,
            Mean = Mean.P,
            Inverse = Inverse.P,
            Gamma = _gamma.P,
            Beta = _beta.P,
            Dx = Dx.P,
            AddX = _add,
            Dw = Dw.P,
            AddW = _add,
            Dgamma = Dgamma.P,
            Dbeta = Dbeta.P,
            AddParameters = _add,
        };

        public void Apart(bool? addX = null)
        {
            int rows = _room.Length / S.Cout;
            NormBatch.Backward(
                rows, S.Cout, Between.P, _dy.P, _activation, null, Mean.P, Inverse.P, _gamma.P, _beta.P, true, _room.P, false, Dgamma.P, Dbeta.P, _add);
            Conv.BackwardData(S, _room.P, W.P, Dx.P, addX ?? _add);
            Conv.BackwardWeight(S, X.P, _room.P, Dw.P, _add);
        }

        public void Shared<V>(bool image = true, bool weights = true)
            where V : struct, IVec<V>
        {
            int rows = _room.Length / S.Cout;
            float* dx = image ? Dx.P : null, dw = weights ? Dw.P : null;
            NormSlope slope = NormBatch.Slope<V>(
                rows, S.Cout, Between.P, _dy.P, _activation, null, Mean.P, Inverse.P, _gamma.P, _beta.P, true, Dgamma.P, Dbeta.P, _add);
            if (S.IsPointwise)
            {
                PointwiseBackward<V>.Run(S, X.P, slope, W.P, dx, _add, dw, _add, _block);
            }
            else
            {
                DepthwiseBackward<V>.Run(S, X.P, null, W.P, dx, _add, dw, _add, slope);
            }
        }

        /// <summary>The image's gradient, not added to, that of the weights, and the sums for the normalization in the middle.</summary>
        public float[] Narrow<V>(ConvNormGradient middle)
            where V : struct, IVec<V>
        {
            ConvNormGradient g = Gradient();
            double* sums = Narrowed.Backward<V>(S, middle, g, _block);
            return [.. new Span<double>(sums, 2 * S.Cin).ToArray().Select(v => (float)v)];
        }

        public void Dispose()
        {
            foreach (Guarded block in new[] { X, W, Between, _dy, _room, Mean, Inverse, _gamma, _beta, Dx, Dw, Dgamma, Dbeta })
            {
                block.Dispose();
            }
        }
    }
}
