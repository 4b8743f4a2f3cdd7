using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class SlopeSumsTests
{
    public static TheoryData<int> Widths => new(512, 256, 128);

    [Theory, MemberData(nameof(Widths))]
    public void Gradients_are_multiplied_and_their_columns_summed(int width)
    {
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(30); round++)
        {
            int rows = round == 0 ? 1500 : random.Next(1, 40), n = Kit.Edge(random);
            bool accumulate = random.Next(2) == 0;
            using Guarded d = Guarded.Random(rows * n, random), slope = Guarded.Random(rows * n, random), sums = Guarded.Random(n, random);
            float[] products = [.. d.Span.ToArray().Zip(slope.Span.ToArray(), (a, b) => a * b)];
            double[] expected = [.. Enumerable.Range(0, n).Select(j => (accumulate ? (double)sums.P[j] : 0) + Enumerable.Range(0, rows).Sum(i => (double)products[(i * n) + j]))];

            switch (width)
            {
                case 512: SlopeSums.Run<W512>(rows, n, d.P, slope.P, sums.P, accumulate); break;
                case 256: SlopeSums.Run<W256>(rows, n, d.P, slope.P, sums.P, accumulate); break;
                default: SlopeSums.Run<W128>(rows, n, d.P, slope.P, sums.P, accumulate); break;
            }

            Kit.AssertSameBits(products, d.Span, $"{rows} x {n}");
            Kit.AssertClose(expected, sums.Span, 1e-5, $"{rows} x {n}");
            d.AssertUntouchedAround();
            sums.AssertUntouchedAround();
        }
    }
}
