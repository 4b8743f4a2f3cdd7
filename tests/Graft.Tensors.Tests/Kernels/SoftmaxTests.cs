using System.Text.Json;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class SoftmaxTests
{
    // Exponentials of arguments up to 20 carry about 20 units in the last place.
    private const double Tolerance = 3e-6;

    public static TheoryData<int> Widths => new(0, 512, 256, 128);

    [Theory, MemberData(nameof(Widths))]
    public void Softmax_and_its_logarithm_follow_the_definition(int width)
    {
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            int rows = random.Next(1, 9), n = Kit.Edge(random);
            float scale = round % 5 == 0 ? -0.7f : round % 3 == 0 ? 0.3f : 1;
            bool log = random.Next(2) == 0, accumulate = random.Next(2) == 0;
            using Guarded x = Guarded.Random(rows * n, random, 10), dy = Guarded.Random(rows * n, random);
            using Guarded y = new(rows * n), dx = Guarded.Random(rows * n, random), sums = new(rows);
            double[] expected = new double[rows * n], gradient = [.. dx.Span.ToArray().Select(v => accumulate ? (double)v : 0)], logSums = new double[rows];
            for (int r = 0; r < rows; r++)
            {
                double plain = 0, total = 0, dot = 0;
                for (int i = r * n; i < (r + 1) * n; i++)
                {
                    plain += Math.Exp(x.P[i]);
                    total += Math.Exp(scale * x.P[i]);
                }

                logSums[r] = Math.Log(plain);
                for (int i = r * n; i < (r + 1) * n; i++)
                {
                    double p = Math.Exp(scale * x.P[i]) / total;
                    expected[i] = log ? Math.Log(p) : p;
                    dot += log ? dy.P[i] : dy.P[i] * p;
                }

                for (int i = r * n; i < (r + 1) * n; i++)
                {
                    gradient[i] += scale * (log ? dy.P[i] - (Math.Exp(expected[i]) * dot) : expected[i] * (dy.P[i] - dot));
                }
            }

            Forward(width, rows, n, x.P, y.P, log, scale);
            Backward(width, rows, n, y.P, dy.P, dx.P, log, accumulate, scale);
            LogSumExp(width, rows, n, x.P, sums.P);

            Kit.AssertClose(expected, y.Span, Tolerance, $"{rows} x {n}, log {log}");
            Kit.AssertClose(gradient, dx.Span, Tolerance * 4, $"gradient {rows} x {n}, log {log}");
            Kit.AssertClose(logSums, sums.Span, Tolerance, $"log-sum-exp {rows} x {n}");
            y.AssertUntouchedAround();
            dx.AssertUntouchedAround();
        }
    }

    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void Rows_written_past_the_cache_are_the_same_bits(int width)
    {
        var random = new System.Random(width + 1);
        for (int round = 0; round < Kit.Rounds(20); round++)
        {
            int rows = random.Next(1, 6), n = random.Next(1, 80) * (width / 32);
            float scale = round % 3 == 0 ? 0.3f : 1;
            using Guarded x = Guarded.Random(rows * n, random, 10), near = new(rows * n), far = new(rows * n);
            x.P[random.Next(rows * n)] = round % 4 == 0 ? float.NegativeInfinity : 1;

            Forward(width, rows, n, x.P, near.P, log: false, scale);
            Far(width, rows, n, x.P, far.P, scale);

            Kit.AssertSameBits(near.Span, far.Span, $"{rows} x {n}");
            far.AssertUntouchedAround();
        }

        static void Far(int width, int rows, int n, float* x, float* y, float scale)
        {
            switch (width)
            {
                case 512: SoftmaxRow<W512>.ForwardFar(rows, n, x, y, scale); break;
                case 256: SoftmaxRow<W256>.ForwardFar(rows, n, x, y, scale); break;
                default: SoftmaxRow<W128>.ForwardFar(rows, n, x, y, scale); break;
            }
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var random = new System.Random(4);
        using Guarded x = Guarded.Random(300 * 170, random, 5), y = new(300 * 170), alone = new(300 * 170);
        using (new TeamOf(1))
        {
            Softmax.Forward(300, 170, x.P, alone.P, log: false);
        }

        foreach (int threads in new[] { 2, 4 })
        {
            using var team = new TeamOf(threads);
            Softmax.Forward(300, 170, x.P, y.P, log: false);

            Kit.AssertSameBits(alone.Span, y.Span, $"{threads} threads");
        }
    }

    [Fact]
    public void Huge_numbers_do_not_overflow_and_infinities_and_NaN_are_not_hidden()
    {
        const float inf = float.PositiveInfinity;
        float[] input =
        [
            1e30f, 1e30f, 0, -inf,
            -inf, -inf, -inf, -inf,
            0, inf, 0, 0,
            1, float.NaN, 2, 3,
        ];
        using Guarded x = Guarded.Of(input), y = new(16), sums = new(4);

        Softmax.Forward(4, 4, x.P, y.P, log: false);
        Softmax.LogSumExp(4, 4, x.P, sums.P);

        Assert.Equal([0.5f, 0.5f, 0, 0], y.Span[..4].ToArray());
        Assert.All(y.Span[4..].ToArray(), v => Assert.True(float.IsNaN(v)));
        Assert.Equal([1e30f, -inf, inf, float.NaN], sums.Span.ToArray());
    }

    [Fact]
    public void Cross_entropy_and_its_gradient_are_those_of_PyTorch()
    {
        JsonElement golden = GoldenKernels.Read().GetProperty("cross-entropy");
        using Guarded x = Guarded.Of(golden.GetProperty("logits").Floats()), weights = Guarded.Of(golden.GetProperty("weights").Floats());
        using Guarded dx = new(30), logSums = new(6), losses = new(6);
        int[] targets = golden.GetProperty("targets").Integers();
        foreach (JsonElement c in golden.GetProperty("cases").EnumerateArray())
        {
            float* w = c.GetProperty("weighted").GetBoolean() ? weights.P : null;
            float smoothing = c.GetProperty("smoothing").GetSingle();
            fixed (int* t = targets)
            {
                (double loss, double weight) = CrossEntropy.Forward(6, 5, x.P, t, -1, w, smoothing, logSums.P, losses.P);
                CrossEntropy.Backward(6, 5, x.P, t, -1, w, smoothing, logSums.P, (float)(1 / weight), null, dx.P, accumulate: false);

                Assert.Equal(c.GetProperty("loss").GetDouble(), loss / weight, 1e-6);
                Kit.AssertClose(c.GetProperty("gradient").Doubles(), dx.Span, 1e-6, "gradient");
                Assert.Equal(0, losses.P[2]);
                Assert.Equal(-1, CrossEntropy.FirstInvalid(6, 5, t, -1));
                Assert.Equal(1, CrossEntropy.FirstInvalid(6, 4, t, -1));
                Assert.Equal(2, CrossEntropy.FirstInvalid(6, 5, t, -100));
            }
        }
    }

    [Theory, MemberData(nameof(Widths))]
    public void Cross_entropy_of_any_number_of_classes_has_the_gradient_of_its_loss(int width)
    {
        var random = new System.Random(9);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            int rows = random.Next(1, 7), n = Kit.Edge(random);
            float smoothing = round % 2 == 0 ? 0 : 0.3f;
            bool weighted = random.Next(2) == 0, accumulate = random.Next(2) == 0;
            using Guarded x = Guarded.Random(rows * n, random, 4), w = Guarded.Random(n, random), rowScale = Guarded.Random(rows, random);
            using Guarded dx = Guarded.Random(rows * n, random), logSums = new(rows), losses = new(rows);
            int[] targets = [.. Enumerable.Range(0, rows).Select(_ => random.Next(4) == 0 ? -1 : random.Next(n))];
            double[] gradient = [.. dx.Span.ToArray().Select(v => accumulate ? (double)v : 0)], expected = new double[rows];
            for (int r = 0; r < rows; r++)
            {
                double total = Enumerable.Range(0, n).Sum(c => Math.Exp(x.P[(r * n) + c]));
                for (int c = 0; c < n && targets[r] >= 0; c++)
                {
                    // The weight of class c in this row's loss: -a[c] log p[c].
                    double Share(int k) => (weighted ? w.P[k] : 1) * ((k == targets[r] ? 1 - smoothing : 0) + (smoothing / n));
                    double p = Math.Exp(x.P[(r * n) + c]) / total;
                    expected[r] -= Share(c) * Math.Log(p);
                    gradient[(r * n) + c] += 0.5 * rowScale.P[r] * ((p * Enumerable.Range(0, n).Sum(Share)) - Share(c));
                }
            }

            fixed (int* t = targets)
            {
                Losses(width, rows, n, x.P, t, weighted ? w.P : null, smoothing, logSums.P, losses.P);
                Gradients(width, rows, n, x.P, t, weighted ? w.P : null, smoothing, logSums.P, rowScale.P, dx.P, accumulate);
            }

            Kit.AssertClose(expected, losses.Span, Tolerance, $"losses {rows} x {n}");
            Kit.AssertClose(gradient, dx.Span, Tolerance * 4, $"gradient {rows} x {n}");
            dx.AssertUntouchedAround();
        }
    }

    private static void Forward(int width, int rows, int n, float* x, float* y, bool log, float scale)
    {
        switch (width)
        {
            case 0: Softmax.Forward(rows, n, x, y, log, scale); break;
            case 512: Softmax.Share<W512>(rows, n, x, y, null, log, scale, false, false); break;
            case 256: Softmax.Share<W256>(rows, n, x, y, null, log, scale, false, false); break;
            default: Softmax.Share<W128>(rows, n, x, y, null, log, scale, false, false); break;
        }
    }

    private static void Backward(int width, int rows, int n, float* y, float* dy, float* dx, bool log, bool accumulate, float scale)
    {
        switch (width)
        {
            case 0: Softmax.Backward(rows, n, y, dy, dx, log, accumulate, scale); break;
            case 512: Softmax.Share<W512>(rows, n, y, dx, dy, log, scale, accumulate, true); break;
            case 256: Softmax.Share<W256>(rows, n, y, dx, dy, log, scale, accumulate, true); break;
            default: Softmax.Share<W128>(rows, n, y, dx, dy, log, scale, accumulate, true); break;
        }
    }

    private static void LogSumExp(int width, int rows, int n, float* x, float* result)
    {
        switch (width)
        {
            case 0: Softmax.LogSumExp(rows, n, x, result); break;
            case 512: Softmax.LogSumExp<W512>(rows, n, x, result); break;
            case 256: Softmax.LogSumExp<W256>(rows, n, x, result); break;
            default: Softmax.LogSumExp<W128>(rows, n, x, result); break;
        }
    }

    private static void Losses(int width, int rows, int n, float* x, int* t, float* w, float smoothing, float* sums, float* losses)
    {
        switch (width)
        {
            case 0: CrossEntropy.Forward(rows, n, x, t, -1, w, smoothing, sums, losses); break;
            case 512: CrossEntropy.Losses<W512>(rows, n, x, t, -1, w, smoothing, sums, losses); break;
            case 256: CrossEntropy.Losses<W256>(rows, n, x, t, -1, w, smoothing, sums, losses); break;
            default: CrossEntropy.Losses<W128>(rows, n, x, t, -1, w, smoothing, sums, losses); break;
        }
    }

    private static void Gradients(
        int width, int rows, int n, float* x, int* t, float* w, float smoothing, float* sums, float* rowScale, float* dx, bool accumulate)
    {
        switch (width)
        {
            case 0: CrossEntropy.Backward(rows, n, x, t, -1, w, smoothing, sums, 0.5f, rowScale, dx, accumulate); break;
            case 512: CrossEntropy.Gradients<W512>(rows, n, x, t, -1, w, smoothing, sums, 0.5f, rowScale, dx, accumulate); break;
            case 256: CrossEntropy.Gradients<W256>(rows, n, x, t, -1, w, smoothing, sums, 0.5f, rowScale, dx, accumulate); break;
            default: CrossEntropy.Gradients<W128>(rows, n, x, t, -1, w, smoothing, sums, 0.5f, rowScale, dx, accumulate); break;
        }
    }
}
