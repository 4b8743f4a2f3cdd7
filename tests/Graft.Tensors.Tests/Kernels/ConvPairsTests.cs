using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class ConvPairsTests
{
    // Sums of up to 224 products of numbers below 1 in magnitude; rounding errors stay well below this.
    private const double Tolerance = 5e-5;

    /// <summary>A width, and the seed of its cases.</summary>
    public static TheoryData<int, int> Widths => new() { { 512, 1 }, { 256, 2 }, { 128, 3 } };

    [Theory, MemberData(nameof(Widths))]
    public void Convolutions_follow_the_definition_with_weights_packed_or_not(int width, int seed)
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(24); round++)
        {
            using var c = new Case(random, Shape(random));
            (double[] y, _, _) = c.Reference();

            c.Run(width, packed: random.Next(2) == 0, band: random.Next(2) == 0 ? 1000 : 100_000, threads: random.Next(1, 5));

            Kit.AssertClose(y, c.Y.Span, Tolerance, c.ToString());
            c.Y.AssertUntouchedAround();
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Neither_threads_nor_bands_nor_packing_change_a_bit(int width, int seed)
    {
        var random = new System.Random(seed + 10);
        for (int round = 0; round < Kit.Rounds(8); round++)
        {
            using var c = new Case(random, Shape(random));
            c.Run(width, packed: false, band: 1 << 20, threads: 1);
            float[] alone = c.Y.Span.ToArray();

            foreach (int threads in new[] { 1, 2, 4 })
            {
                c.Y.Span.Fill(float.NaN);
                c.Run(width, packed: true, band: random.Next(2000, 40_000), threads);

                Kit.AssertSameBits(alone, c.Y.Span, $"{threads} threads, {c}");
            }
        }
    }

    [Fact]
    public void A_picture_gets_the_same_bits_alone_and_in_a_batch()
    {
        var shape = new ConvShape { N = 3, H = 20, W = 23, Cin = 3, Cout = 20, KH = 7, KW = 7, PadH = 3, PadW = 3, StrideH = 2, StrideW = 2 };
        using var c = new Case(new System.Random(7), shape, plain: true);
        using Guarded y = new(c.Y.Length / 3);
        Conv.Forward(shape, c.X.P, c.Weights.P, c.Y.P);

        for (int i = 0; i < 3; i++)
        {
            Conv.Forward(shape with { N = 1 }, c.X.P + (i * (c.X.Length / 3)), c.Weights.P, y.P);

            Assert.True(ConvPairs<W512>.Fits(shape));
            Kit.AssertSameBits(c.Y.Span.Slice(i * y.Length, y.Length), y.Span, $"picture {i}");
        }
    }

    // Of random numbers, 147 products: plain sums err by some 4e-7 of the largest result.
    [Fact]
    public void The_error_is_little_more_than_that_of_plain_sums()
    {
        var shape = new ConvShape { N = 1, H = 40, W = 40, Cin = 3, Cout = 64, KH = 7, KW = 7, PadH = 3, PadW = 3, StrideH = 2, StrideW = 2 };
        using var c = new Case(new System.Random(9), shape, plain: true);
        (double[] y, _, _) = c.Reference();

        Conv.Forward(shape, c.X.P, c.Weights.P, c.Y.P);

        double most = y.Max(Math.Abs), error = y.Select((v, i) => Math.Abs(v - c.Y.P[i])).Max() / most;
        Assert.True(error < 2e-6, $"{error}");
    }

    private static ConvShape Shape(System.Random random)
    {
        var s = new ConvShape
        {
            N = random.Next(1, 4),
            KH = random.Next(1, 9),
            KW = random.Next(7, 9),
            PadH = random.Next(0, 5),
            PadW = random.Next(0, 5),
            StrideH = random.Next(1, 4),
            StrideW = 2,
            Cin = random.Next(1, 5),
            Cout = 8 + Kit.Edge(random, 70),
        };
        s.H = s.KH + random.Next(0, 20);
        s.W = random.Next(22, 60);
        return s;
    }

    private sealed class Case(System.Random random, ConvShape shape, bool plain = false) : ConvCase(random, shape, plain)
    {
        public void Run(int width, bool packed, int band, int threads)
        {
            using var team = new TeamOf(threads);
            switch (width)
            {
                case 512:
                    Run<W512>(packed, band);
                    break;
                case 256:
                    Run<W256>(packed, band);
                    break;
                default:
                    Run<W128>(packed, band);
                    break;
            }
        }

        private void Run<V>(bool packed, int band)
            where V : struct, IVec<V>
        {
            Assert.True(ConvPairs<V>.Fits(Sizes), ToString());
            using Guarded kernels = new((int)ConvPairs<V>.PackedSize(Sizes));
            if (packed)
            {
                ConvPairs<V>.Pack(Sizes, Weights.P, kernels.P);
                kernels.AssertUntouchedAround();
            }

            ConvPairs<V>.Forward(Sizes, X.P, packed ? kernels.P : Weights.P, Y.P, Bias, Activation, Residual, packed, band);
        }
    }
}
