using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class GemmTests
{
    // A sum of k products of numbers below 1 in magnitude, k <= 400: its rounding errors stay well below k units in the last place.
    private const double Tolerance = 2e-5;

    private delegate void Product(in GemmProduct p);

    [Theory, InlineData(1), InlineData(2), InlineData(3), InlineData(4)]
    public void Products_of_any_shape_follow_the_definition(int seed)
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(150); round++)
        {
            Check(new Case(random), (in GemmProduct p) => Run(p));
        }
    }

    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void Every_register_width_and_block_size_gives_the_same_product(int width)
    {
        // Blocks as small as these take every path: several blocks along rows, columns and k, packed and in place.
        GemmBlocks[] blocks =
        [
            new(17, 32, 16, false), new(5, 32, 32, true), new(30, 64, 48, true), GemmBlocks.Default with { AlwaysPack = true },
        ];
        var random = new System.Random(width);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            GemmBlocks cut = blocks[round % blocks.Length];
            Check(new Case(random), (in GemmProduct p) =>
            {
                if (width == 512)
                {
                    Gemm.Share<W512>(p, 1, 0, 0, 0, cut);
                }
                else if (width == 256)
                {
                    Gemm.Share<W256>(p, 1, 0, 0, 0, cut);
                }
                else
                {
                    Gemm.Share<W128>(p, 1, 0, 0, 0, cut);
                }
            });
        }
    }

    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void A_right_side_packed_once_for_all_threads_gives_the_bits_of_one_thread(int width)
    {
        // Stripes of few columns, several blocks along k, cells of few rows.
        (GemmBlocks Blocks, int Wanted, int Low, long Most)[] cuts =
        [
            (new(17, 32, 16, true), 5, 3, 1), (new(30, 64, 48, true), 16, 8, 2000), (GemmBlocks.Default with { AlwaysPack = true }, 8, 1, 1 << 20),
        ];
        var random = new System.Random(width + 1);
        for (int round = 0; round < Kit.Rounds(90); round++)
        {
            (GemmBlocks blocks, int wanted, int low, long most) = cuts[round % cuts.Length];
            using var c = new Case(random, Kit.Edge(random), Kit.Edge(random), random.Next(1, 130), random.Next(2) == 0, random.Next(2) == 0);
            double[] expected = c.Reference();

            float[] alone = c.After((in GemmProduct p) => Alone(width, p, blocks));
            Kit.AssertClose(expected, alone, Tolerance, c.ToString());
            foreach (int threads in new[] { 1, 2, 4 })
            {
                using var team = new TeamOf(threads);
                float[] together = c.After((in GemmProduct p) => Together(width, p, blocks, wanted, low, most));

                Kit.AssertSameBits(alone, together, $"{c}, {threads} threads");
                c.C.AssertUntouchedAround();
                float[] gelu = c.After((in GemmProduct p) => Together(width, p with { Activation = Activation.Gelu }, blocks, wanted, low, most));
                Kit.AssertSameBits(c.After((in GemmProduct p) => Alone(width, p with { Activation = Activation.Gelu }, blocks)), gelu, $"gelu of {c}, {threads} threads");
            }
        }
    }

    // Blocks of rows, and results of large products, are asked for ahead; a left side that lies transposed is read in place up to 128 columns.
    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void A_left_side_read_in_place_gives_the_bits_of_a_packed_one(int width)
    {
        var random = new System.Random(width + 3);
        foreach ((int m, int n, int k) in new[] { (29, 97, 530), (127, 101, 70), (128, 130, 33), (45, 200, 17), (171, 40, 512), (100, 513, 20) })
        {
            for (int form = 0; form < 4; form++)
            {
                using var c = new Case(random, m, n, k, (form & 1) != 0, (form & 2) != 0);
                foreach (bool isFar in new[] { false, true })
                {
                    GemmBlocks blocks = new(form == 0 ? 168 : 15, 64, 48, false);
                    float[] packed = c.After((in GemmProduct p) => Alone(width, p with { IsFar = isFar }, blocks with { AlwaysPack = true }));
                    float[] inPlace = c.After((in GemmProduct p) => Alone(width, p with { IsFar = isFar }, blocks));

                    Kit.AssertClose(c.Reference(), inPlace, Tolerance, c.ToString());
                    Kit.AssertSameBits(packed, inPlace, c.ToString());
                    c.C.AssertUntouchedAround();
                }
            }
        }
    }

    [Fact]
    public void Large_products_have_the_same_bits_on_any_number_of_threads()
    {
        // Long enough for the right side to be packed once for all.
        var random = new System.Random(12);
        foreach ((int m, int n, int k) in new[] { (131, 300, 530), (260, 150, 300), (1500, 33, 240) })
        {
            for (int form = 0; form < 4; form++)
            {
                using var c = new Case(random, m, n, k, (form & 1) != 0, (form & 2) != 0);
                float[] alone = c.OnThreads(1);

                Kit.AssertClose(c.Reference(), alone, Tolerance, c.ToString());
                Kit.AssertSameBits(alone, c.OnThreads(2), c.ToString());
                Kit.AssertSameBits(alone, c.OnThreads(4), c.ToString());
            }
        }
    }

    [Fact]
    public void Hundreds_of_thousands_of_rows_are_read_in_place()
    {
        const int m = 300_000, n = 6, k = 3;
        using var a = new Guarded(m * k);
        using var b = new Guarded(n * k);
        using var c = new Guarded(m * n);
        a.Span.Fill(0.5f);
        b.Span.Fill(2);

        var p = new GemmProduct { M = m, N = n, K = k, A = a.P, StrideA = k, B = b.P, StrideB = n, C = c.P, StrideC = n };
        Gemm.Share<W128>(p, 1, 0, 0, 0, GemmBlocks.Default);
        Assert.False(c.Span.ContainsAnyExcept(3f));
        c.Span.Clear();
        Gemm.Share<W512>(p, 1, 0, 0, 0, GemmBlocks.Default);
        Assert.False(c.Span.ContainsAnyExcept(3f));
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var random = new System.Random(11);
        (int M, int N, int K)[] shapes =
        [
            (200, 130, 90), (33, 500, 70), (700, 3, 120), (3, 700, 300), (64, 64, 300), (350, 350, 40), (1, 900, 500), (900, 1, 500), (129, 31, 513),
            (600, 10, 70), (520, 24, 64), (1100, 7, 33), (300, 44, 100), (70, 15, 600),
        ];
        foreach ((int m, int n, int k) in shapes)
        {
            for (int form = 0; form < 4; form++)
            {
                using var c = new Case(random, m, n, k, (form & 1) != 0, (form & 2) != 0);
                float[] alone = c.OnThreads(1);

                Kit.AssertSameBits(alone, c.OnThreads(2), c.ToString());
                Kit.AssertSameBits(alone, c.OnThreads(4), c.ToString());
            }
        }
    }

    [Theory, InlineData(1), InlineData(5), InlineData(7), InlineData(16), InlineData(17), InlineData(20), InlineData(33), InlineData(150)]
    public void A_row_alone_has_the_bits_it_has_among_others(int n)
    {
        // Large enough for several threads, too; what B lies like when it holds the weights of a layer.
        const int m = 200;
        var random = new System.Random(n);
        foreach (int k in new[] { 3, 40, 129, 700 })
        {
            using Guarded a = Guarded.Random(m * k, random), b = Guarded.Random(k * n, random), bias = Guarded.Random(n, random);
            using Guarded together = new(m * n), alone = new(n);
            Gemm.Run(false, false, m, n, k, a.P, k, b.P, n, together.P, n, false, bias.P);
            foreach (int row in new[] { 0, 1, 77, m - 1 })
            {
                Gemm.Run(false, false, 1, n, k, a.P + (row * k), k, b.P, n, alone.P, n, false, bias.P);

                Kit.AssertSameBits(together.Span.Slice(row * n, n), alone.Span, $"row {row} of {m} x {n} x {k}");
            }
        }
    }

    [Theory, InlineData(5, 9, 7), InlineData(40, 33, 20), InlineData(70, 2, 40), InlineData(2, 70, 40), InlineData(64, 64, 64)]
    public void A_batch_is_its_products_one_by_one(int m, int n, int k)
    {
        var random = new System.Random(m);
        foreach (bool sharedB in new[] { false, true })
        {
            const int count = 13;
            using Guarded a = Guarded.Random(count * m * k, random), b = Guarded.Random(count * k * n, random);
            using Guarded together = new(count * m * n), single = new(count * m * n);
            nint distanceB = sharedB ? 0 : k * n;
            for (int i = 0; i < count; i++)
            {
                Gemm.Run(false, false, m, n, k, a.P + (i * m * k), k, b.P + (i * distanceB), n, single.P + (i * m * n), n, false);
            }

            foreach (int threads in new[] { 1, 2, 4 })
            {
                using var team = new TeamOf(threads);
                together.Span.Clear();
                Gemm.Batch(count, false, false, m, n, k, a.P, k, m * k, b.P, n, distanceB, together.P, n, m * n, false);

                Kit.AssertSameBits(single.Span, together.Span, $"{count} of {m} x {n} x {k}, {threads} threads");
            }
        }
    }

    [Theory, InlineData(40, 40, 40), InlineData(40, 2, 40), InlineData(2, 40, 40), InlineData(5, 5, 5)]
    public void Not_a_number_and_infinity_reach_every_sum_they_belong_to(int m, int n, int k)
    {
        for (int form = 0; form < 4; form++)
        {
            // Row 1 of A meets 0 * NaN and 0 * infinity; all the rest stays finite.
            bool ta = (form & 1) != 0, tb = (form & 2) != 0;
            using Guarded a = new(m * k), b = new(k * n), c = new(m * n);
            a.Span.Clear();
            b.Span.Fill(1);
            a.P[ta ? (2 * m) + 1 : k + 2] = form < 2 ? float.NaN : float.PositiveInfinity;
            if (form >= 2)
            {
                for (int j = 0; j < n; j++)
                {
                    b.P[tb ? (j * k) + 2 : (2 * n) + j] = 0;
                }
            }

            Gemm.Run(ta, tb, m, n, k, a.P, ta ? m : k, b.P, tb ? k : n, c.P, n, false, null, Activation.Relu);

            for (int i = 0; i < m * n; i++)
            {
                Assert.Equal(i / n == 1, float.IsNaN(c.P[i]));
            }
        }
    }

    // One row goes its own way: the numbers are those that it has among others.
    [Theory, InlineData(512), InlineData(256), InlineData(128)]
    public void One_row_gets_the_bits_that_it_has_among_others(int width)
    {
        var random = new System.Random(width + 2);
        for (int round = 0; round < Kit.Rounds(40); round++)
        {
            int n = round % 8 == 0 ? random.Next(2040, 2200) : random.Next(1, 700), k = random.Next(1, 1200);
            using var c = new Case(random, 1, n, k, random.Next(2) == 0, false);
            GemmBlocks blocks = GemmBlocks.Default with { Depth = random.Next(2) == 0 ? 512 : 48 };

            float[] alone = c.After((in GemmProduct p) => Alone(width, p, blocks));
            float[] packed = c.After((in GemmProduct p) => Alone(width, p, blocks with { AlwaysPack = true }));

            Kit.AssertClose(c.Reference(), alone, Tolerance, c.ToString());
            Kit.AssertSameBits(packed, alone, c.ToString());
            c.C.AssertUntouchedAround();
        }
    }

    private static void Alone(int width, in GemmProduct p, GemmBlocks blocks)
    {
        if (width == 512)
        {
            GemmTiles.Run<W512>(p, blocks);
        }
        else if (width == 256)
        {
            GemmTiles.Run<W256>(p, blocks);
        }
        else
        {
            GemmTiles.Run<W128>(p, blocks);
        }
    }

    private static void Together(int width, in GemmProduct p, GemmBlocks blocks, int wanted, int low, long most)
    {
        if (width == 512)
        {
            GemmShared.Run<W512>(p, blocks, wanted, low, most);
        }
        else if (width == 256)
        {
            GemmShared.Run<W256>(p, blocks, wanted, low, most);
        }
        else
        {
            GemmShared.Run<W128>(p, blocks, wanted, low, most);
        }
    }

    private static void Run(in GemmProduct p) => Gemm.Run(
        p.TransA, p.TransB, p.M, p.N, p.K, p.A, p.StrideA, p.B, p.StrideB, p.C, p.StrideC, p.Accumulate, p.Bias, p.Activation, p.Residual);

    private static void Check(Case c, Product product)
    {
        using (c)
        {
            double[] expected = c.Reference();

            product(c.Problem);

            Kit.AssertClose(expected, c.Result(), Tolerance, c.ToString());
            c.C.AssertUntouchedAround();
        }
    }

    /// <summary>A random product: operands inside larger rows, all memory fringed with NaN.</summary>
    private sealed class Case : IDisposable
    {
        private readonly Guarded _a;
        private readonly Guarded _b;
        private readonly Guarded _bias;
        private readonly Guarded _residual;
        private readonly float[] _before;

        public Case(System.Random random)
            : this(
                random, Kit.Edge(random), Kit.Edge(random), random.Next(8) == 0 ? random.Next(0, 400) : Kit.Edge(random),
                random.Next(2) == 0, random.Next(2) == 0)
        {
        }

        public Case(System.Random random, int m, int n, int k, bool ta, bool tb)
        {
            int lda = (ta ? m : k) + random.Next(3), ldb = (tb ? k : n) + random.Next(3), ldc = n + random.Next(3);
            _a = Guarded.Random(Size(ta ? k : m, ta ? m : k, lda), random);
            _b = Guarded.Random(Size(tb ? n : k, tb ? k : n, ldb), random);
            _bias = Guarded.Random(n, random);
            _residual = Guarded.Random(Size(m, n, ldc), random);
            C = Guarded.Random(Size(m, n, ldc), random);
            _before = C.Span.ToArray();
            Problem = new GemmProduct
            {
                TransA = ta,
                TransB = tb,
                M = m,
                N = n,
                K = k,
                A = _a.P,
                StrideA = lda,
                B = _b.P,
                StrideB = ldb,
                C = C.P,
                StrideC = ldc,
                Accumulate = random.Next(2) == 0,
                Bias = random.Next(2) == 0 ? _bias.P : null,
                Residual = random.Next(3) == 0 ? _residual.P : null,
                Activation = (Activation)random.Next(3),
            };
        }

        public Guarded C { get; }

        public GemmProduct Problem { get; }

        public double[] Reference()
        {
            GemmProduct p = Problem;
            double[] result = [.. _before.Select(x => (double)x)];
            for (int i = 0; i < p.M; i++)
            {
                for (int j = 0; j < p.N; j++)
                {
                    double sum = (p.Accumulate ? _before[(i * p.StrideC) + j] : 0) + (p.Bias != null ? p.Bias[j] : 0);
                    for (int k = 0; k < p.K; k++)
                    {
                        double x = p.TransA ? p.A[(k * p.StrideA) + i] : p.A[(i * p.StrideA) + k];
                        sum += x * (p.TransB ? p.B[(j * p.StrideB) + k] : p.B[(k * p.StrideB) + j]);
                    }

                    sum += p.Residual != null ? p.Residual[(i * p.StrideC) + j] : 0;
                    sum = p.Activation == Activation.None ? sum : Math.Max(sum, 0);
                    result[(i * p.StrideC) + j] = p.Activation == Activation.Relu6 ? Math.Min(sum, 6) : sum;
                }
            }

            return result;
        }

        public float[] Result() => C.Span.ToArray();

        public float[] OnThreads(int threads)
        {
            using var team = new TeamOf(threads);
            return After(Run);
        }

        public float[] After(Product product)
        {
            _before.CopyTo(C.Span);
            product(Problem);
            return Result();
        }

        public override string ToString() =>
            $"{(Problem.TransA ? "T" : "N")}{(Problem.TransB ? "T" : "N")} {Problem.M} x {Problem.N} x {Problem.K}, accumulate {Problem.Accumulate}, residual {Problem.Residual != null}, {Problem.Activation}";

        public void Dispose()
        {
            _a.Dispose();
            _b.Dispose();
            _bias.Dispose();
            _residual.Dispose();
            C.Dispose();
        }

        private static int Size(int rows, int columns, int stride) => rows == 0 ? 0 : ((rows - 1) * stride) + columns;
    }
}
