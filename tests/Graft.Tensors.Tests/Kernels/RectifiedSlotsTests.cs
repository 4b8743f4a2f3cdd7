using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
[Collection(WholeTeam.Name)]
public sealed unsafe class RectifiedSlotsTests
{
    public static TheoryData<int> Widths => new(512, 256, 128);

    // Gradients where nothing passed are NaN: none of them may be used.
    [Theory, MemberData(nameof(Widths))]
    public void All_gradients_are_those_of_sums_over_what_passed_with_the_same_bits_at_any_number_of_threads(int width)
    {
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(30); round++)
        {
            int slots = round % 5 == 0 ? random.Next(15, 41) : random.Next(1, 16), rows = Kit.Edge(random, 50), outputs = Kit.Edge(random, 50), inputs = Kit.Edge(random, 70);
            bool isThin = random.Next(2) == 0, innermost = random.Next(2) == 0, addX = random.Next(2) == 0, addB = random.Next(2) == 0;
            string what = $"thin {isThin}, {slots} x [{rows}, {inputs}] -> {outputs}, innermost {innermost}, add {addX} {addB}";
            nint apartD = (rows * outputs) + random.Next(20), apartX = (rows * inputs) + random.Next(20), apartW = (outputs * inputs) + random.Next(20), apartB = outputs + random.Next(20);
            using Guarded y = Guarded.Random(rows * outputs, random), d = Guarded.Random((int)((slots - 1) * apartD) + (rows * outputs), random);
            using Guarded x = Guarded.Random(rows * inputs, random), w = Guarded.Random(outputs * inputs, random);
            float share = random.NextSingle();
            for (int i = 0; i < rows * outputs; i++)
            {
                y.P[i] = random.NextSingle() < share ? 1 + y.P[i] : random.Next(9) == 0 ? float.NaN : 0;
                for (int k = 0; k < slots && !(y.P[i] > 0); k++)
                {
                    d.P[(k * apartD) + i] = float.NaN;
                }
            }

            using Guarded beforeX = Guarded.Random((int)((slots - 1) * apartX) + (rows * inputs), random), beforeB = Guarded.Random((int)((slots - 1) * apartB) + outputs, random);
            float[]? bitsX = null, bitsW = null, bitsB = null;
            foreach (int threads in (int[])[1, 2, 4])
            {
                using Guarded dx = Guarded.Of(beforeX.Span, 3), dw = new((int)((slots - 1) * apartW) + (outputs * inputs), 5), db = Guarded.Of(beforeB.Span, 1);
                var layer = new RectifiedLayer
                {
                    Slots = slots,
                    Rows = rows,
                    Outputs = outputs,
                    Inputs = inputs,
                    Y = y.P,
                    D = d.P,
                    DistanceD = apartD,
                    X = x.P,
                    StrideX = inputs,
                    IsXRectified = isThin,
                    W = w.P,
                    StrideW = innermost ? outputs : inputs,
                    OutputsInnermost = innermost,
                    DX = round % 7 == 1 ? null : dx.P,
                    DistanceX = apartX,
                    AddX = addX,
                    DW = round % 7 == 2 ? null : dw.P,
                    DistanceW = apartW,
                    DB = round % 7 == 3 ? null : db.P,
                    DistanceB = apartB,
                    AddB = addB,
                };
                using (new TeamOf(threads))
                {
                    switch (width)
                    {
                        case 512: RectifiedSlots.Run<W512>(layer, isThin); break;
                        case 256: RectifiedSlots.Run<W256>(layer, isThin); break;
                        default: RectifiedSlots.Run<W128>(layer, isThin); break;
                    }
                }

                AssertIsRight(layer, beforeX, beforeB, what);
                dx.AssertUntouchedAround();
                dw.AssertUntouchedAround();
                db.AssertUntouchedAround();
                Kit.AssertSameBits(bitsX ??= dx.Span.ToArray(), dx.Span, what);
                Kit.AssertSameBits(bitsW ??= dw.Span.ToArray(), dw.Span, what);
                Kit.AssertSameBits(bitsB ??= db.Span.ToArray(), db.Span, what);
            }
        }
    }

    // 64 rows, 96 -> 80 -> 72 -> 6 tasks: both layers have work enough and half of their results are 0, so that the gradients between them are those of the columns that passed.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Rows_and_their_products_of_a_rectified_network_are_those_of_each_loss_alone(int threads)
    {
        using var team = new TeamOf(threads);
        Tensor x = Numbers([64, 96], 1);
        Tensor[] leaves = [Weight(80, 96, 2), Numbers([80], 3, 0.1f), Weight(72, 80, 4), Numbers([72], 5, 0.1f)];
        leaves = [.. leaves.Select(Tensor.Variable)];
        Tensor features = x.Linear(leaves[0], leaves[1], relu: true).Linear(leaves[2], leaves[3], relu: true);
        Tensor[] losses = [.. Enumerable.Range(0, 6).Select(k => features.Linear(Numbers([1, 72], (ulong)k + 6)).MseLoss(Numbers([64, 1], (ulong)k + 12)))];
        double[] gram = new double[36];

        Tensor rows = Jacobian.Gramian(losses, leaves, gram)!.Value;

        float[] together = rows.ToArray();
        int total = together.Length / 6;
        for (int k = 0; k < 6; k++)
        {
            double[] alone = [.. Jacobian.Rows(losses.AsSpan(k, 1), leaves).ToArray().Select(v => (double)v)];
            Kit.AssertClose(alone, together.AsSpan(k * total, total), 2e-6, $"task {k}");
        }

        for (int i = 0; i < 36; i++)
        {
            double expected = Enumerable.Range(0, total).Sum(p => (double)together[(i / 6 * total) + p] * together[(i % 6 * total) + p]);
            double size = Math.Sqrt(gram[i / 6 * 7] * gram[i % 6 * 7]);
            Assert.Equal(expected, gram[i], 1e-6 * size);
        }
    }

    private static void AssertIsRight(in RectifiedLayer p, Guarded beforeX, Guarded beforeB, string what)
    {
        for (int k = 0; k < p.Slots; k++)
        {
            float* d = p.D + (k * p.DistanceD);
            for (int i = 0; i < p.Inputs; i++)
            {
                for (int n = 0; n < p.Rows && p.DX != null; n++)
                {
                    if (p.IsXRectified && !(p.X[(n * p.StrideX) + i] > 0))
                    {
                        Assert.True(float.IsFinite(p.DX[(k * p.DistanceX) + (n * p.Inputs) + i]), what);
                        continue;
                    }

                    double sum = p.AddX ? beforeX.P[(k * p.DistanceX) + (n * p.Inputs) + i] : 0;
                    for (int o = 0; o < p.Outputs; o++)
                    {
                        sum += p.Y[(n * p.Outputs) + o] > 0 ? (double)d[(n * p.Outputs) + o] * p.W[At(p, o, i)] : 0;
                    }

                    AssertNear(sum, p.DX[(k * p.DistanceX) + (n * p.Inputs) + i], $"{what}: dx of slot {k} at [{n}, {i}]");
                }

                for (int o = 0; o < p.Outputs && p.DW != null; o++)
                {
                    double sum = 0;
                    for (int n = 0; n < p.Rows; n++)
                    {
                        sum += p.Y[(n * p.Outputs) + o] > 0 ? (double)d[(n * p.Outputs) + o] * p.X[(n * p.StrideX) + i] : 0;
                    }

                    AssertNear(sum, p.DW[(k * p.DistanceW) + At(p, o, i)], $"{what}: dw of slot {k} at [{o}, {i}]");
                }
            }

            for (int o = 0; o < p.Outputs && p.DB != null; o++)
            {
                double sum = p.AddB ? beforeB.P[(k * p.DistanceB) + o] : 0;
                for (int n = 0; n < p.Rows; n++)
                {
                    sum += p.Y[(n * p.Outputs) + o] > 0 ? (double)d[(n * p.Outputs) + o] : 0;
                }

                AssertNear(sum, p.DB[(k * p.DistanceB) + o], $"{what}: db of slot {k} at {o}");
            }
        }
    }

    private static nint At(in RectifiedLayer p, int output, int input) => p.OutputsInnermost ? (input * p.StrideW) + output : (output * p.StrideW) + input;

    // Up to 70 products of numbers below 1, rounded to 24 bits each.
    private static void AssertNear(double expected, float actual, string what)
    {
        if (!(Math.Abs(expected - actual) <= 1e-5))
        {
            Assert.Fail($"{what}: expected {expected:R}, got {actual:R}");
        }
    }

    private static Tensor Weight(int outputs, int inputs, ulong seed) => Numbers([inputs, outputs], seed, MathF.Sqrt(3f / inputs)).Transpose();

    private static Tensor Numbers(Shape shape, ulong seed, float scale = 1)
    {
        var values = new float[shape.Count];
        Graft.Tensors.Random.RandomStream.For(seed, "rectified").FillUniform(values, -scale, scale);
        return Tensor.From(values, shape);
    }
}
