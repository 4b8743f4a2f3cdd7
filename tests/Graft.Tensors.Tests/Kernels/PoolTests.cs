using System.Runtime.Intrinsics.X86;
using System.Text.Json;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class PoolTests
{
    private const double Tolerance = 1e-5;

    public static TheoryData<int> Widths => new(0, 512, 256, 128);

    [Theory, MemberData(nameof(Widths))]
    public void Poolings_of_any_shape_follow_the_definition(int width)
    {
        var random = new System.Random(width + 1);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            PoolShape s = Shape(random);
            bool accumulate = random.Next(2) == 0;
            using Guarded x = Guarded.Random((int)s.InputSize, random), dy = Guarded.Random((int)s.OutputSize, random);
            using Guarded max = new((int)s.OutputSize), where = new((int)s.OutputSize), mean = new((int)s.OutputSize);
            using Guarded dxMax = Guarded.Random((int)s.InputSize, random), dxMean = Guarded.Of(dxMax.Span);
            double[] wantMax = new double[max.Length], wantMean = new double[max.Length];
            double[] wantDxMax = [.. dxMax.Span.ToArray().Select(v => accumulate ? (double)v : 0)], wantDxMean = [.. wantDxMax];
            Reference(s, x.Span, dy.Span, wantMax, wantMean, wantDxMax, wantDxMean);

            if (width == 0)
            {
                Pool.MaxForward(s, x.P, max.P, (int*)where.P);
                Pool.MaxBackward(s, dy.P, (int*)where.P, dxMax.P, accumulate);
                Pool.AverageForward(s, x.P, mean.P);
                Pool.AverageBackward(s, dy.P, dxMean.P, accumulate);
            }
            else if (width == 512)
            {
                Run<W512>(s, x, dy, max, where, mean, dxMax, dxMean, accumulate);
            }
            else if (width == 256)
            {
                Run<W256>(s, x, dy, max, where, mean, dxMax, dxMean, accumulate);
            }
            else
            {
                Run<W128>(s, x, dy, max, where, mean, dxMax, dxMean, accumulate);
            }

            string what = $"[{s.N}, {s.H}, {s.W}, {s.C}] -> [{s.OutH}, {s.OutW}], kernel {s.KernelH} x {s.KernelW}";
            Kit.AssertClose(wantMax, max.Span, 0, $"max {what}");
            Kit.AssertClose(wantMean, mean.Span, Tolerance, $"mean {what}");
            Kit.AssertClose(wantDxMax, dxMax.Span, Tolerance, $"gradient of max {what}");
            Kit.AssertClose(wantDxMean, dxMean.Span, Tolerance, $"gradient of mean {what}");
            max.AssertUntouchedAround();
            where.AssertUntouchedAround();
            mean.AssertUntouchedAround();
            dxMax.AssertUntouchedAround();
            dxMean.AssertUntouchedAround();
        }
    }

    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void Maxima_alone_are_those_with_positions(int width)
    {
        var random = new System.Random(width);
        float[] peculiar = [0, Sse.IsSupported ? -0f : 0, 1, -1, float.NaN, float.NegativeInfinity, float.PositiveInfinity];
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            PoolShape s = round % 3 == 0 ? Dilated(random) : Shape(random);
            using Guarded x = Guarded.Random((int)s.InputSize, random);
            using Guarded max = new((int)s.OutputSize), where = new((int)s.OutputSize), alone = new((int)s.OutputSize);
            foreach (ref float v in x.Span)
            {
                v = random.Next(3) == 0 ? peculiar[random.Next(peculiar.Length)] : v;
            }

            if (width == 512)
            {
                Pool.MaxForward<W512>(s, x.P, max.P, (int*)where.P);
                Pool.MaxForward<W512>(s, x.P, alone.P, null);
            }
            else if (width == 256)
            {
                Pool.MaxForward<W256>(s, x.P, max.P, (int*)where.P);
                Pool.MaxForward<W256>(s, x.P, alone.P, null);
            }
            else
            {
                Pool.MaxForward<W128>(s, x.P, max.P, (int*)where.P);
                Pool.MaxForward<W128>(s, x.P, alone.P, null);
            }

            Kit.AssertSameBits(max.Span, alone.Span, $"[{s.N}, {s.H}, {s.W}, {s.C}], kernel {s.KernelH} x {s.KernelW} by {s.StrideH} x {s.StrideW}");
            alone.AssertUntouchedAround();
        }
    }

    [Fact]
    public void Maxima_of_windows_with_holes_follow_the_definition()
    {
        var random = new System.Random(7);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            PoolShape s = Dilated(random);
            using Guarded x = Guarded.Random((int)s.InputSize, random), dy = Guarded.Random((int)s.OutputSize, random);
            using Guarded max = new((int)s.OutputSize), where = new((int)s.OutputSize), dx = new((int)s.InputSize);
            double[] wantMax = new double[max.Length], wantDx = new double[dx.Length];
            Reference(s, x.Span, dy.Span, wantMax, new double[max.Length], wantDx, new double[dx.Length]);

            Pool.MaxForward(s, x.P, max.P, (int*)where.P);
            Pool.MaxBackward(s, dy.P, (int*)where.P, dx.P, accumulate: false);

            string what = $"[{s.N}, {s.H}, {s.W}, {s.C}] -> [{s.OutH}, {s.OutW}], kernel {s.KernelH} x {s.KernelW}, dilation {s.DilationH} x {s.DilationW}";
            Kit.AssertClose(wantMax, max.Span, 0, $"max {what}");
            Kit.AssertClose(wantDx, dx.Span, Tolerance, $"gradient of max {what}");
            max.AssertUntouchedAround();
            where.AssertUntouchedAround();
            dx.AssertUntouchedAround();
        }
    }

    [Fact]
    public void Sizes_positions_and_divisors_are_those_of_PyTorch()
    {
        JsonElement golden = GoldenKernels.Read();
        using Guarded x = Guarded.Of(golden.GetProperty("pool").GetProperty("image").Floats());
        foreach (JsonElement c in golden.GetProperty("pool").GetProperty("cases").EnumerateArray())
        {
            int kernel = c.GetProperty("kernel").GetInt32(), stride = c.GetProperty("stride").GetInt32(), pad = c.GetProperty("pad").GetInt32();
            var s = new PoolShape(1, 7, 6, 1, kernel, kernel, stride, stride, pad, pad, c.GetProperty("ceil").GetBoolean(), c.GetProperty("countPad").GetBoolean());
            using Guarded mean = new((int)s.OutputSize), max = new((int)s.OutputSize);
            int[] where = new int[s.OutputSize];

            Pool.AverageForward(s, x.P, mean.P);
            fixed (int* p = where)
            {
                Pool.MaxForward(s, x.P, max.P, p);
            }

            Assert.Equal((c.GetProperty("height").GetInt32(), c.GetProperty("width").GetInt32()), (s.OutH, s.OutW));
            Kit.AssertClose(c.GetProperty("average").Doubles(), mean.Span, 1e-6, "average");
            Kit.AssertClose(c.GetProperty("largest").Doubles(), max.Span, 1e-6, "largest");
            Assert.Equal(c.GetProperty("where").Integers(), where);
        }

        foreach (JsonElement c in golden.GetProperty("adaptive").EnumerateArray())
        {
            PoolShape s = PoolShape.Adaptive(1, 7, 6, 1, c.GetProperty("height").GetInt32(), c.GetProperty("width").GetInt32());
            using Guarded mean = new((int)s.OutputSize);

            Pool.AverageForward(s, x.P, mean.P);

            Kit.AssertClose(c.GetProperty("average").Doubles(), mean.Span, 1e-6, "adaptive");
        }
    }

    [Fact]
    public void Not_a_number_is_the_largest_of_its_window_and_the_first_of_equals_is_taken()
    {
        var s = new PoolShape(1, 1, 4, 1, 1, 2, 1, 2);
        using Guarded x = Guarded.Of([float.NaN, 1, 3, 3]), y = new(2);
        int[] where = new int[2];

        fixed (int* p = where)
        {
            Pool.MaxForward(s, x.P, y.P, p);
        }

        Assert.Equal([float.NaN, 3], y.Span.ToArray());
        Assert.Equal([0, 2], where);
    }

    private static PoolShape Shape(System.Random random)
    {
        int n = random.Next(1, 4), h = random.Next(1, 12), w = random.Next(1, 12), c = Kit.Edge(random, 70);
        if (random.Next(3) == 0)
        {
            return PoolShape.Adaptive(n, h, w, c, random.Next(1, 6), random.Next(1, 6));
        }

        int kh = random.Next(1, Math.Min(5, h + 1)), kw = random.Next(1, Math.Min(5, w + 1));
        return new PoolShape(
            n, h, w, c, kh, kw, random.Next(1, 4), random.Next(1, 4), random.Next((kh / 2) + 1), random.Next((kw / 2) + 1),
            random.Next(2) == 0, random.Next(2) == 0);
    }

    // A window with holes that fits, for maxima alone.
    private static PoolShape Dilated(System.Random random)
    {
        int kh = random.Next(1, 4), kw = random.Next(1, 4), dh = random.Next(1, 4), dw = random.Next(1, 4);
        int h = (dh * (kh - 1)) + random.Next(1, 8), w = (dw * (kw - 1)) + random.Next(1, 8);
        return new PoolShape(
            random.Next(1, 3), h, w, Kit.Edge(random, 40), kh, kw, random.Next(1, 4), random.Next(1, 4), random.Next((kh / 2) + 1), random.Next((kw / 2) + 1),
            random.Next(2) == 0, dilationH: dh, dilationW: dw);
    }

    private static void Run<V>(
        PoolShape s, Guarded x, Guarded dy, Guarded max, Guarded where, Guarded mean, Guarded dxMax, Guarded dxMean, bool accumulate)
        where V : struct, IVec<V>
    {
        Pool.MaxForward<V>(s, x.P, max.P, (int*)where.P);
        Pool.MaxBackward<V>(s, dy.P, (int*)where.P, dxMax.P, accumulate);
        Pool.AverageForward<V>(s, x.P, mean.P);
        Pool.AverageBackward<V>(s, dy.P, dxMean.P, accumulate);
    }

    private static void Reference(
        PoolShape s, Span<float> x, Span<float> dy, double[] max, double[] mean, double[] dxMax, double[] dxMean)
    {
        for (int o = 0; o < max.Length; o++)
        {
            int c = o % s.C, ow = o / s.C % s.OutW, oh = o / s.C / s.OutW % s.OutH, n = o / s.C / s.OutW / s.OutH;
            (int h0, int h1) = Window(oh, s.H, s.OutH, (s.DilationH * (s.KernelH - 1)) + 1, s.StrideH, s.PadH, s.IsAdaptive);
            (int w0, int w1) = Window(ow, s.W, s.OutW, (s.DilationW * (s.KernelW - 1)) + 1, s.StrideW, s.PadW, s.IsAdaptive);
            double divisor = s.IsAdaptive ? (h1 - h0) * (w1 - w0)
                : s.CountPad ? (Math.Min(h1, s.H + s.PadH) - h0) * (Math.Min(w1, s.W + s.PadW) - w0)
                : (Math.Min(h1, s.H) - Math.Max(h0, 0)) * (Math.Min(w1, s.W) - Math.Max(w0, 0));
            int best = -1;
            for (int h = h0; h < Math.Min(s.H, h1); h += s.DilationH)
            {
                for (int w = w0; w < Math.Min(s.W, w1); w += s.DilationW)
                {
                    if (h < 0 || w < 0)
                    {
                        continue;
                    }

                    int i = (((((n * s.H) + h) * s.W) + w) * s.C) + c;
                    best = best < 0 || x[i] > x[best] ? i : best;
                    mean[o] += x[i] / divisor;
                    dxMean[i] += dy[o] / divisor;
                }
            }

            max[o] = best < 0 ? double.NegativeInfinity : x[best];
            if (best >= 0)
            {
                dxMax[best] += dy[o];
            }
        }
    }

    private static (int From, int To) Window(int i, int size, int windows, int kernel, int stride, int pad, bool adaptive) => adaptive
        ? ((int)Math.Floor((double)i * size / windows), (int)Math.Ceiling((i + 1.0) * size / windows))
        : ((i * stride) - pad, (i * stride) - pad + kernel);
}
