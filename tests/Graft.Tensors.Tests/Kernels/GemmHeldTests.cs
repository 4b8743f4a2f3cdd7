using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class GemmHeldTests
{
    // A sum of k products of numbers below 1 in magnitude, k <= 800: its rounding errors stay well below k units in the last place.
    private const double Tolerance = 4e-5;

    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void Products_follow_the_definition_with_the_same_bits_on_any_number_of_threads(int width)
    {
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(30); round++)
        {
            // Some large enough to be shared out; some with rows at distances that are powers of two, which are copied; some longer than a step.
            int m = random.Next(4) == 0 ? random.Next(1, 400) : Kit.Edge(random), n = 7 + Kit.Edge(random, 200), k = random.Next(3) == 0 ? 256 * random.Next(1, 4) : Kit.Edge(random);
            var shape = new ConvShape { N = 1, H = 1, W = m, Cin = k, Cout = n };
            using var c = new Case(random, shape);
            (double[] expected, _, _) = c.Reference();

            float[] alone = c.On(width, 1);

            Kit.AssertClose(expected, alone, Tolerance, c.ToString());
            c.Y.AssertUntouchedAround();
            foreach (int threads in new[] { 2, 4 })
            {
                Kit.AssertSameBits(alone, c.On(width, threads), $"{threads} threads, {c}");
            }

            // A row alone.
            Kit.AssertSameBits(alone.AsSpan((m - 1) * n), c.Last(width), $"the last row, {c}");
        }
    }

    private sealed class Case(System.Random random, ConvShape shape) : ConvCase(random, shape, plain: false)
    {
        public float[] On(int width, int threads)
        {
            using var team = new TeamOf(threads);
            Y.Span.Fill(float.NaN);
            Run(width, 0);
            return Y.Span.ToArray();
        }

        public float[] Last(int width)
        {
            Y.Span.Fill(float.NaN);
            Run(width, Sizes.W - 1);
            return Y.Span[^Sizes.Cout..].ToArray();
        }

        private void Run(int width, int first)
        {
            switch (width)
            {
                case 512:
                    Run<W512>(first);
                    break;
                case 256:
                    Run<W256>(first);
                    break;
                default:
                    Run<W128>(first);
                    break;
            }
        }

        private void Run<V>(int first)
            where V : struct, IVec<V>
        {
            int n = Sizes.Cout, k = Sizes.Cin;
            using Guarded packed = new((int)PackedProduct<V>.Size(k, n));
            PackedProduct<V>.Pack(Weights.P, k, n, packed.P);
            GemmHeld<V>.Run(
                Sizes.W - first, n, k, X.P + (first * k), packed.P, Y.P + (first * n), Bias, Activation, Residual == null ? null : Residual + (first * n));
        }
    }
}
