using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

[Trait("category", "kernels")]
public sealed unsafe class MaxOverTimeTests
{
    // Sums of some thousand products.
    private const double Tolerance = 1e-4;

    /// <summary>Which loops run: 0 the public entry, else a width.</summary>
    public static TheoryData<int, int> Loops => new()
    {
        { 0, 1 }, { 512, 2 }, { 256, 3 }, { 128, 4 },
    };

    [Theory, MemberData(nameof(Loops))]
    public void Results_and_their_places_follow_the_definition(int width, int seed)
    {
        var random = new System.Random(seed);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            using var c = new Case(random);

            c.Forward(width);

            // A result may lie at another place only where that is as great.
            for (int i = 0; i < c.Y.Length; i++)
            {
                double[] all = c.Results(i);
                int place = *(int*)(c.Places.P + i);
                Assert.InRange(place, 0, all.Length - 1);
                Assert.Equal(all.Max(), c.Y.P[i], Tolerance * (1 + Math.Abs(all.Max())));
                Assert.Equal(all[place], c.Y.P[i], Tolerance * (1 + Math.Abs(all.Max())));
            }

            c.AssertUntouched();
        }
    }

    [Theory, MemberData(nameof(Loops))]
    public void Tiles_of_four_places_follow_the_definition(int width, int seed)
    {
        var random = new System.Random(seed + 20);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            using var c = new Case(random, window: random.Next(2, MinimalFilter.MostWindow + 1));

            c.Tiles(width, random.Next(2) == 0 ? 1 : random.Next(20_000));

            for (int i = 0; i < c.Y.Length; i++)
            {
                double[] all = c.Results(i);
                int place = *(int*)(c.Places.P + i);
                Assert.InRange(place, 0, all.Length - 1);
                Assert.Equal(all.Max(), c.Y.P[i], Tolerance * (1 + Math.Abs(all.Max())));
                Assert.Equal(all[place], c.Y.P[i], Tolerance * (1 + Math.Abs(all.Max())));
            }

            c.AssertUntouched();
        }
    }

    [Fact]
    public void Shapes_decide_which_way_is_taken()
    {
        Assert.True(MaxOverTimeTiles.Pays(new TimeShape(64, 64, 100, 3, 100)));
        Assert.True(MaxOverTimeTiles.Pays(new TimeShape(16, 16, 32, 5, 32)));
        Assert.True(MaxOverTimeTiles.Pays(new TimeShape(1, 400, 100, 4, 100)));
        Assert.False(MaxOverTimeTiles.Pays(new TimeShape(16, 16, 24, 3, 24)));
        Assert.False(MaxOverTimeTiles.Pays(new TimeShape(32, 10, 100, 2, 100)));
        Assert.False(MaxOverTimeTiles.Pays(new TimeShape(64, 64, 100, 1, 100)));
        Assert.False(MaxOverTimeTiles.Pays(new TimeShape(64, 64, 100, 6, 100)));
        Assert.False(MaxOverTimeTiles.Pays(new TimeShape(64, 64, 8, 3, 100)));
        Assert.False(MaxOverTimeTiles.Pays(new TimeShape(64, 4, 100, 3, 100)));
    }

    [Theory, MemberData(nameof(Loops))]
    public void Gradients_follow_the_definition_and_are_added_where_asked(int width, int seed)
    {
        var random = new System.Random(seed + 10);
        for (int round = 0; round < Kit.Rounds(60); round++)
        {
            using var c = new Case(random);
            c.Forward(width);
            double[] dw = c.WeightGradient(), dx = c.DataGradient();

            foreach (bool add in new[] { false, true })
            {
                c.Backward(width, add);

                double times = add ? 2 : 1;
                Kit.AssertClose([.. dw.Select(v => times * v)], c.Dw.Span, Tolerance, $"weights, {c}");
                Kit.AssertClose([.. dx.Select(v => times * v)], c.Dx.Span, Tolerance, $"rows, {c}");
            }

            c.AssertUntouched();
        }
    }

    // y + the same at the same places is twice y without the bias, and once the bias.
    [Fact]
    public void Products_at_the_places_are_those_of_the_results()
    {
        var random = new System.Random(5);
        for (int round = 0; round < Kit.Rounds(30); round++)
        {
            using var c = new Case(random);
            c.Forward(0);
            double[] expected = [.. Enumerable.Range(0, c.Y.Length).Select(i => (2.0 * c.Y.P[i]) - c.BiasOf(i))];

            c.AddAtPlaces();

            Kit.AssertClose(expected, c.Y.Span, Tolerance, c.ToString());
            c.AssertUntouched();
        }
    }

    // Weights that look at nothing: every place gives the bias, and the first one counts.
    [Fact]
    public void Of_equal_results_the_first_counts()
    {
        var random = new System.Random(6);
        for (int round = 0; round < Kit.Rounds(10); round++)
        {
            using var c = new Case(random);
            c.W.Span.Clear();

            c.Forward(0);

            Assert.All(Enumerable.Range(0, c.Y.Length), i => Assert.Equal(0, *(int*)(c.Places.P + i)));
        }
    }

    [Fact]
    public void The_number_of_threads_changes_no_bit()
    {
        var random = new System.Random(9);
        for (int round = 0; round < 8; round++)
        {
            using var c = new Case(random, large: round % 2 == 0);
            float[] alone = c.OnThreads(1);

            Kit.AssertSameBits(alone, c.OnThreads(2), $"2 threads, {c}");
            Kit.AssertSameBits(alone, c.OnThreads(4), $"4 threads, {c}");
        }
    }

    private sealed class Case : IDisposable
    {
        private readonly TimeShape _s;
        private readonly Guarded _x;
        private readonly Guarded _bias;
        private readonly Guarded _lengths;
        private readonly Guarded _dy;
        private readonly bool _hasBias;
        private readonly bool _hasLengths;

        public Case(System.Random random, bool large = false, int window = 0)
        {
            _s = large
                ? new TimeShape(random.Next(1, 9), random.Next(40, 90), random.Next(30, 60), random.Next(1, 6), random.Next(60, 110))
                : new TimeShape(random.Next(1, 5), Kit.Edge(random, 40), Kit.Edge(random, 40), random.Next(1, 6), Kit.Edge(random, 70));
            _s = window > 0 ? _s with { Window = window } : _s;
            _hasBias = random.Next(3) != 0;
            _hasLengths = random.Next(2) == 0;
            _x = Guarded.Random(_s.Rows * _s.Steps * _s.Width, random);
            W = Guarded.Random(_s.Depth * _s.Outputs, random);
            _bias = Guarded.Random(_s.Outputs, random);
            _lengths = new Guarded(_s.Rows);
            for (int b = 0; b < _s.Rows; b++)
            {
                ((int*)_lengths.P)[b] = random.Next(-1, _s.Steps + 3);
            }

            _dy = Guarded.Random(_s.Rows * _s.Outputs, random);
            for (int i = 0; i < _dy.Length; i += 3)
            {
                _dy.P[i] = 0;
            }

            Y = new Guarded(_s.Rows * _s.Outputs, random.Next(16));
            Places = new Guarded(_s.Rows * _s.Outputs);
            Dw = new Guarded(W.Length, random.Next(16));
            Dx = new Guarded(_x.Length, random.Next(16));
        }

        public Guarded W { get; }

        public Guarded Y { get; }

        public Guarded Places { get; }

        public Guarded Dw { get; }

        public Guarded Dx { get; }

        private float* Bias => _hasBias ? _bias.P : null;

        private int* Lengths => _hasLengths ? (int*)_lengths.P : null;

        public void Forward(int width)
        {
            int* places = (int*)Places.P;
            switch (width)
            {
                case 0:
                    MaxOverTime.Forward(_s, _x.P, Lengths, W.P, Bias, Y.P, places);
                    break;
                case 512:
                    MaxOverTime.Forward<W512>(_s, _x.P, Lengths, W.P, Bias, Y.P, places);
                    break;
                case 256:
                    MaxOverTime.Forward<W256>(_s, _x.P, Lengths, W.P, Bias, Y.P, places);
                    break;
                default:
                    MaxOverTime.Forward<W128>(_s, _x.P, Lengths, W.P, Bias, Y.P, places);
                    break;
            }
        }

        public void Tiles(int width, int tileBytes)
        {
            int* places = (int*)Places.P;
            if (width == 512 || (width == 0 && Width.Is512))
            {
                MaxOverTimeTiles.Forward<W512>(_s, _x.P, Lengths, W.P, Bias, Y.P, places, tileBytes);
            }
            else if (width == 256)
            {
                MaxOverTimeTiles.Forward<W256>(_s, _x.P, Lengths, W.P, Bias, Y.P, places, tileBytes);
            }
            else
            {
                MaxOverTimeTiles.Forward<W128>(_s, _x.P, Lengths, W.P, Bias, Y.P, places, tileBytes);
            }
        }

        public void Backward(int width, bool add)
        {
            int* places = (int*)Places.P;
            switch (width)
            {
                case 0:
                    MaxOverTimeGradient.BackwardWeight(_s, _x.P, Lengths, _dy.P, places, Dw.P, add);
                    MaxOverTimeGradient.BackwardData(_s, W.P, Lengths, _dy.P, places, Dx.P, add);
                    break;
                case 512:
                    MaxOverTimeGradient.BackwardWeight<W512>(_s, _x.P, Lengths, _dy.P, places, Dw.P, add);
                    MaxOverTimeGradient.BackwardData<W512>(_s, W.P, Lengths, _dy.P, places, Dx.P, add);
                    break;
                case 256:
                    MaxOverTimeGradient.BackwardWeight<W256>(_s, _x.P, Lengths, _dy.P, places, Dw.P, add);
                    MaxOverTimeGradient.BackwardData<W256>(_s, W.P, Lengths, _dy.P, places, Dx.P, add);
                    break;
                default:
                    MaxOverTimeGradient.BackwardWeight<W128>(_s, _x.P, Lengths, _dy.P, places, Dw.P, add);
                    MaxOverTimeGradient.BackwardData<W128>(_s, W.P, Lengths, _dy.P, places, Dx.P, add);
                    break;
            }
        }

        public void AddAtPlaces() => MaxOverTimeGradient.AddAtPlaces(_s, _x.P, Lengths, W.P, (int*)Places.P, Y.P);

        public float[] OnThreads(int threads)
        {
            using var team = new TeamOf(threads);
            Forward(0);
            Backward(0, add: false);
            float[] forward = [.. Y.Span, .. Places.Span];
            AddAtPlaces();
            return [.. forward, .. Dw.Span, .. Dx.Span, .. Y.Span];
        }

        public float BiasOf(int i) => _hasBias ? _bias.P[i % _s.Outputs] : 0;

        /// <summary>What the window of a result gives at each place.</summary>
        public double[] Results(int i)
        {
            int row = i / _s.Outputs, output = i % _s.Outputs, steps = Steps(row);
            return [.. Enumerable.Range(0, Math.Max(1, steps - _s.Window + 1)).Select(place =>
                BiasOf(i) + Seen(row, place).Sum(k => (double)_x.P[(((row * _s.Steps) + place) * _s.Width) + k] * W.P[(k * _s.Outputs) + output]))];
        }

        public double[] WeightGradient()
        {
            var dw = new double[Dw.Length];
            ForEach((k, x, output, dy) => dw[(k * _s.Outputs) + output] += dy * _x.P[x]);
            return dw;
        }

        public double[] DataGradient()
        {
            var dx = new double[Dx.Length];
            ForEach((k, x, output, dy) => dx[x] += dy * W.P[(k * _s.Outputs) + output]);
            return dx;
        }

        public void AssertUntouched()
        {
            foreach (Guarded block in new[] { Y, Places, Dw, Dx })
            {
                block.AssertUntouchedAround();
            }
        }

        public override string ToString() => $"{_s}, bias {_hasBias}, lengths {_hasLengths}";

        public void Dispose()
        {
            foreach (Guarded block in new[] { _x, W, _bias, _lengths, _dy, Y, Places, Dw, Dx })
            {
                block.Dispose();
            }
        }

        private int Steps(int row) => _hasLengths ? Math.Clamp(Lengths[row], 0, _s.Steps) : _s.Steps;

        // The numbers of a window that lie before the end of the row.
        private IEnumerable<int> Seen(int row, int place) => Enumerable.Range(0, _s.Depth).Where(k => place + (k / _s.Width) < Steps(row));

        private void ForEach(Action<int, int, int, double> product)
        {
            for (int i = 0; i < Y.Length; i++)
            {
                int row = i / _s.Outputs, place = *(int*)(Places.P + i);
                foreach (int k in Seen(row, place))
                {
                    product(k, (((row * _s.Steps) + place) * _s.Width) + k, i % _s.Outputs, _dy.P[i]);
                }
            }
        }
    }
}
