using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class ConvTests
{
    // Sums of up to some thousand products of numbers below 1 in magnitude; their rounding errors stay well below this.
    private const double Tolerance = 5e-5;

    /// <summary>Which loops run: 0 the public entry on the machine's own width, else a width with bands and chunks as small as they get.</summary>
    public static TheoryData<int, int> Loops => new()
    {
        { 0, 1 }, { 0, 2 }, { 0, 3 }, { 512, 4 }, { 256, 5 }, { 128, 6 },
    };

    [Theory, MemberData(nameof(Loops))]
    public void Convolutions_of_any_shape_follow_the_definition(int width, int seed)
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(70); round++)
        {
            using var c = new Case(random, Shape(random));
            (double[] y, double[] dx, double[] dw) = c.Reference();

            c.Run(width);

            Kit.AssertClose(y, c.Y.Span, Tolerance, $"forward {c}");
            Kit.AssertClose(dx, c.Dx.Span, Tolerance, $"backward to the image {c}");
            Kit.AssertClose(dw, c.Dw.Span, Tolerance, $"backward to the weights {c}");
            c.Y.AssertUntouchedAround();
            c.Dx.AssertUntouchedAround();
            c.Dw.AssertUntouchedAround();
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var random = new System.Random(3);
        ConvShape[] shapes =
        [
            new() { N = 3, H = 20, W = 18, Cin = 16, Cout = 40, KH = 3, KW = 3, PadH = 1, PadW = 1 },
            new() { N = 2, H = 17, W = 23, Cin = 20, Cout = 33, KH = 3, KW = 3, PadH = 1, PadW = 1, StrideH = 2, StrideW = 2 },
            new() { N = 4, H = 24, W = 24, Cin = 48, Cout = 70 },
            new() { N = 3, H = 25, W = 21, Cin = 35, Cout = 35, Groups = 35, KH = 3, KW = 3, PadH = 1, PadW = 1 },
            new() { N = 3, H = 30, W = 31, Cin = 51, Cout = 51, Groups = 51, KH = 3, KW = 3, PadH = 1, PadW = 1, StrideH = 2, StrideW = 2 },
            new() { N = 2, H = 9, W = 9, Cin = 160, Cout = 160, KH = 3, KW = 3, PadH = 1, PadW = 1 },
            new() { N = 2, H = 30, W = 30, Cin = 24, Cout = 36, Groups = 3, KH = 3, KW = 5, DilationH = 2, DilationW = 2 },
        ];
        foreach (ConvShape shape in shapes)
        {
            using var c = new Case(random, shape);
            float[][] alone = c.OnThreads(1);
            foreach (int threads in new[] { 2, 4 })
            {
                float[][] together = c.OnThreads(threads);
                for (int i = 0; i < alone.Length; i++)
                {
                    Kit.AssertSameBits(alone[i], together[i], $"{threads} threads, pass {i}, {c}");
                }
            }
        }
    }

    [Theory, MemberData(nameof(Loops))]
    public void Both_gradients_in_one_pass_follow_the_definition(int width, int seed)
    {
        var random = new System.Random(seed + 20);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            ConvShape shape = Shape(random);
            if (round % 4 != 0)
            {
                shape.Groups = shape.Cin = shape.Cout = Kit.Edge(random, 70) + 1;
                shape.KH = shape.KW = 3;
                shape.DilationH = shape.DilationW = 1;
                shape.StrideH = shape.StrideW = random.Next(1, 3);
                shape.H = random.Next(1, 14) + 2;
                shape.W = random.Next(1, 34) + 2;
            }

            using var c = new Case(random, shape);
            (_, double[] dx, double[] dw) = c.Reference();

            c.RunBoth(width);

            Kit.AssertClose(dx, c.Dx.Span, Tolerance, $"backward to the image {c}");
            Kit.AssertClose(dw, c.Dw.Span, Tolerance, $"backward to the weights {c}");
            c.Dx.AssertUntouchedAround();
            c.Dw.AssertUntouchedAround();
        }
    }

    [Fact]
    public void Not_a_number_reaches_exactly_the_results_whose_window_holds_it()
    {
        var shape = new ConvShape { N = 1, H = 9, W = 40, Cin = 4, Cout = 20, KH = 3, KW = 3, PadH = 1, PadW = 1 };
        using var c = new Case(new System.Random(1), shape, plain: true);
        c.X.P[((4 * 40) + 20) * 4] = float.NaN;

        Conv.Forward(shape, c.X.P, c.Weights.P, c.Y.P, null, Activation.Relu6);

        for (int i = 0; i < c.Y.Length; i++)
        {
            int h = i / 20 / 40, w = i / 20 % 40;
            Assert.Equal(h is >= 3 and <= 5 && w is >= 19 and <= 21, float.IsNaN(c.Y.P[i]));
        }
    }

    [Fact]
    public void Weights_packed_once_give_the_same_bits()
    {
        var random = new System.Random(8);
        for (int round = 0; round < Kit.Rounds(20); round++)
        {
            ConvShape shape = Shape(random);
            using var c = new Case(random, shape, plain: true);
            using Guarded packed = new((int)Conv.PackedSize(shape)), y = new(c.Y.Length);

            Conv.Pack(shape, c.Weights.P, packed.P);
            Conv.Forward(shape, c.X.P, packed.P, y.P, packed: true);
            Conv.Forward(shape, c.X.P, c.Weights.P, c.Y.P);

            Kit.AssertSameBits(c.Y.Span, y.Span, c.ToString());
            packed.AssertUntouchedAround();
        }
    }

    [Fact]
    public void A_residual_may_be_the_result_itself_however_long_the_sums()
    {
        ConvShape s = new() { N = 1, H = 5, W = 7, Cin = 1100, Cout = 40, KH = 1, KW = 1, StrideH = 1, StrideW = 1, DilationH = 1, DilationW = 1, Groups = 1 };
        using var x = new Guarded((int)s.InputSize);
        using var w = new Guarded((int)s.WeightSize);
        using var y = new Guarded((int)s.OutputSize);
        x.Span.Fill(0.25f);
        w.Span.Fill(1);
        y.Span.Fill(-7);

        Conv.Forward(s, x.P, w.P, y.P, residual: y.P);

        Assert.False(y.Span.ContainsAnyExcept(275f - 7));
    }

    [Fact]
    public void A_kernel_larger_than_the_image_gives_an_empty_result()
    {
        var shape = new ConvShape { N = 1, H = 2, W = 5, Cin = 3, Cout = 4, KH = 3, KW = 3 };
        using Guarded x = new(30), w = new(108), y = new(0), dx = new(30), dw = new(108);
        x.Span.Fill(1);
        w.Span.Fill(1);

        Conv.Forward(shape, x.P, w.P, y.P);
        Conv.BackwardData(shape, y.P, w.P, dx.P, accumulate: false);
        Conv.BackwardWeight(shape, x.P, y.P, dw.P, accumulate: false);

        Assert.Equal(0, shape.OutH);
        y.AssertUntouchedAround();
        Assert.All(dx.Span.ToArray(), v => Assert.Equal(0, v));
        Assert.All(dw.Span.ToArray(), v => Assert.Equal(0, v));
    }

    private static ConvShape Shape(System.Random random)
    {
        int kind = random.Next(4);
        var s = new ConvShape
        {
            N = random.Next(1, 4),
            KH = random.Next(1, 5),
            KW = random.Next(1, 5),
            StrideH = random.Next(1, 4),
            StrideW = random.Next(1, 4),
            PadH = random.Next(0, 3),
            PadW = random.Next(0, 3),
            DilationH = random.Next(3) == 0 ? random.Next(1, 4) : 1,
            DilationW = random.Next(3) == 0 ? random.Next(1, 4) : 1,
            Cin = random.Next(3) == 0 ? random.Next(1, 4) : random.Next(1, 40),
            Cout = random.Next(2) == 0 ? Kit.Edge(random, 70) : 16 * random.Next(1, 5),
        };
        if (kind == 0)
        {
            s.KH = s.KW = s.StrideH = s.StrideW = 1;
            s.PadH = s.PadW = 0;
        }
        else if (kind == 1)
        {
            s.Groups = s.Cin = s.Cout = Kit.Edge(random, 70);
            if (random.Next(2) == 0)
            {
                // The kernel that has loops of its own.
                s.KH = s.KW = 3;
                s.DilationW = 1;
                s.StrideW = random.Next(1, 3);
            }
        }
        else if (kind == 2)
        {
            s.Groups = random.Next(1, 5);
            s.Cin = s.Groups * random.Next(1, 10);
            s.Cout = s.Groups * random.Next(1, 20);
        }

        s.H = random.Next(1, 14) + (s.DilationH * (s.KH - 1));
        s.W = random.Next(1, 34) + (s.DilationW * (s.KW - 1));
        return s;
    }

    private sealed class Case(System.Random random, ConvShape shape, bool plain = false) : ConvCase(random, shape, plain)
    {
        public void Run(int width)
        {
            switch (width)
            {
                case 0:
                    Conv.Forward(Sizes, X.P, Weights.P, Y.P, Bias, Activation, Residual);
                    Conv.BackwardData(Sizes, Dy.P, Weights.P, Dx.P, Accumulate);
                    Conv.BackwardWeight(Sizes, X.P, Dy.P, Dw.P, Accumulate);
                    break;
                case 512:
                    Cut<W512>();
                    break;
                case 256:
                    Cut<W256>();
                    break;
                default:
                    Cut<W128>();
                    break;
            }
        }

        public void RunBoth(int width)
        {
            switch (width)
            {
                case 0:
                    Conv.Backward(Sizes, X.P, Dy.P, Weights.P, Dx.P, Accumulate, Dw.P, Accumulate);
                    break;
                case 512:
                    Conv.Backward<W512>(Sizes, X.P, Dy.P, Weights.P, Dx.P, Accumulate, Dw.P, Accumulate);
                    break;
                case 256:
                    Conv.Backward<W256>(Sizes, X.P, Dy.P, Weights.P, Dx.P, Accumulate, Dw.P, Accumulate);
                    break;
                default:
                    Conv.Backward<W128>(Sizes, X.P, Dy.P, Weights.P, Dx.P, Accumulate, Dw.P, Accumulate);
                    break;
            }
        }

        public float[][] OnThreads(int threads)
        {
            using var team = new TeamOf(threads);
            return [.. After(() => Run(0)), .. After(() => RunBoth(0))[1..]];
        }

        private void Cut<V>()
            where V : struct, IVec<V>
        {
            Conv.Forward<V>(Sizes, X.P, Weights.P, Y.P, Bias, Activation, Residual, packed: false, bandBytes: 2000);
            Conv.BackwardData<V>(Sizes, Dy.P, Weights.P, Dx.P, Accumulate, null, Activation.None, bandBytes: 2000);
            Conv.BackwardWeight<V>(Sizes, X.P, Dy.P, Dw.P, Accumulate, new ConvChunks(50, Sizes.N % 2 == 0 ? 0 : 100_000));
        }
    }
}
