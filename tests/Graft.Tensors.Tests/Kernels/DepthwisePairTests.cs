using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class DepthwisePairTests
{
    // A run of pixels is 1024 floats of a row, and at least 8 pixels.
    private static readonly int[] Channels = [1, 3, 4, 5, 8, 12, 15, 16, 17, 31, 32, 33, 48, 64, 130];

    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void Two_rows_at_once_are_bit_for_bit_those_computed_one_by_one(int width)
    {
        switch (width)
        {
            case 512:
                Compare<W512>(1);
                break;
            case 256:
                Compare<W256>(2);
                break;
            default:
                Compare<W128>(3);
                break;
        }
    }

    [Theory, InlineData(1), InlineData(2), InlineData(4)]
    public void Rows_of_any_number_of_pictures_are_shared_out_in_pairs(int threads)
    {
        using var team = new TeamOf(threads);
        var random = new System.Random(7);
        for (int round = 0; round < Kit.Rounds(20); round++)
        {
            int channels = Channels[random.Next(Channels.Length)];
            var s = new ConvShape
            {
                N = random.Next(1, 5), H = random.Next(1, 40), W = random.Next(1, 60), KH = 3, KW = 3, PadH = 1, PadW = 1, Cin = channels, Cout = channels, Groups = channels,
            };
            using Guarded x = Guarded.Random((int)s.InputSize, random), w = Guarded.Random(9 * channels, random), bias = Guarded.Random(channels, random);
            using Guarded one = new((int)s.OutputSize), all = new((int)s.OutputSize);
            ConvPhase phase = Conv.ForwardPhase(s);

            Depthwise<W512>.Run(s, &phase, 1, x.P, s.H, s.W, w.P, all.P, s.OutH, s.OutW, false, bias.P, Activation.Relu, null);

            for (int row = 0; row < s.N * s.OutH; row++)
            {
                DepthwiseThree<W512>.Row(
                    phase, row % s.OutH, x.P + ((nint)(row / s.OutH) * s.H * s.W * channels), s.H, s.W, channels, w.P, bias.P, Activation.Relu, one.P + ((nint)row * s.OutW * channels));
            }

            Kit.AssertSameBits(one.Span, all.Span, $"{s.N} x {s.H} x {s.W} x {channels}");
            all.AssertUntouchedAround();
        }
    }

    private static void Compare<V>(int seed)
        where V : struct, IVec<V>
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(120); round++)
        {
            int channels = Channels[random.Next(Channels.Length)], height = random.Next(1, 9), width = Kit.Edge(random, 70);
            int pad = random.Next(3), high = height + (2 * pad) - 2, wide = width + (2 * pad) - 2;
            if (high < 2 || wide < 1)
            {
                continue;
            }

            // Back to the picture the kernel is read from its end.
            ConvPhase phase = random.Next(2) == 0
                ? new() { Rows = ConvAxis.Forward(high, 3, 1, pad, 1), Columns = ConvAxis.Forward(wide, 3, 1, pad, 1) }
                : new() { Rows = ConvAxis.Backward(high, 3, 1, 2 - pad, 1, 0), Columns = ConvAxis.Backward(wide, 3, 1, 2 - pad, 1, 0) };
            bool far = channels % V.Width == 0 && random.Next(2) == 0;
            using Guarded x = Guarded.Random(height * width * channels, random), w = Guarded.Random(9 * channels, random), bias = Guarded.Random(channels, random);
            using Guarded one = new(2 * wide * channels, offset: far ? 0 : 5), two = new(2 * wide * channels, offset: far ? 0 : 3);
            float* start = random.Next(2) == 0 ? bias.P : null;
            var activation = (Activation)random.Next(3);
            int t = random.Next(high - 1);
            nint nextRow = (nint)wide * channels;
            x.Span[random.Next(x.Length)] = float.NaN;

            Assert.True(DepthwisePair<V>.Fits(phase));
            DepthwisePair<V>.Rows(phase, t, x.P, height, width, channels, w.P, start, activation, two.P, nextRow, far);

            for (int i = 0; i < 2; i++)
            {
                DepthwiseThree<V>.Row(phase, t + i, x.P, height, width, channels, w.P, start, activation, one.P + (i * nextRow));
            }

            Kit.AssertSameBits(one.Span, two.Span, $"{height} x {width} x {channels}, rows {t} and {t + 1} of {high}, padding {pad}");
            two.AssertUntouchedAround();
        }
    }
}
