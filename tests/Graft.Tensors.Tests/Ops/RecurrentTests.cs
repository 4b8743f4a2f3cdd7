using Graft.Tensors.Autograd;

namespace Graft.Tensors.Tests.Ops;

/// <summary>LSTM and GRU over sequences.</summary>
public sealed class RecurrentTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach (bool lstm in new[] { true, false })
            {
                yield return Case(lstm, [1, 1, 1], 1, null);
                yield return Case(lstm, [2, 3, 4], 3, null);
                yield return Case(lstm, [3, 4, 2], 3, [4, 1, 2]);
                yield return Case(lstm, [3, 4, 2], 2, [2, 0, 3], reverse: true);
                yield return Case(lstm, [2, 2, 3], 17, [1, 2], biases: false, states: false);
                yield return Case(lstm, [2, 3, 1], 2, null, reverse: true, states: false);
            }
        }
    }

    [Fact]
    public void Steps_beyond_a_rows_length_are_never_looked_at()
    {
        float[] values = [1, 2, 3, 4, 5, float.NaN, 6, float.NaN];
        Tensor x = Tensor.Variable(Tensor.From(values, [2, 2, 2]));
        Tensor wi = Tensor.Variable(Tensor.Full([4, 2], 0.1f)), wh = Tensor.Variable(Tensor.Full([4, 1], 0.2f));

        RecurrentResult y = x.Slice(0, 0, 2).Lstm(wi, wh, lengths: Tensor.From([2, 0], [2]));
        y.Output.Sum().Backward();

        Assert.Equal(0, y.Output.ToArray()[2]);
        Assert.Equal([0f, 0, 0, 0], x.Grad!.Value.ToArray()[4..]);
        Assert.All(wi.Grad!.Value.ToArray(), v => Assert.True(float.IsFinite(v)));
        Assert.All(wh.Grad!.Value.ToArray(), v => Assert.True(float.IsFinite(v)));
    }

    [Fact]
    public void The_last_state_is_the_output_at_a_rows_last_step()
    {
        Tensor x = Tensor.From([.. Enumerable.Range(0, 24).Select(i => i / 12f - 1)], [2, 4, 3]);
        Tensor wi = Tensor.From([.. Enumerable.Range(0, 18).Select(i => 0.4f - (i / 20f))], [6, 3]), wh = Tensor.Full([6, 2], 0.3f);

        RecurrentResult y = x.Gru(wi, wh, lengths: Tensor.From([4, 2], [2]));

        Assert.Equal(y.Output.Select(0, 0).Select(0, 3).ToArray(), y.Hidden.Select(0, 0).ToArray());
        Assert.Equal(y.Output.Select(0, 1).Select(0, 1).ToArray(), y.Hidden.Select(0, 1).ToArray());
        Assert.True(y.Cell.IsDefault);
    }

    // 252 MB that need no gradient, then an LSTM of 4 MB and more: the tape lets go of old tensors while the op is being made.
    [Fact]
    public void A_long_use_without_steps_gives_the_same_numbers()
    {
        Tensor x = Tensor.From([.. Enumerable.Range(0, 64 * 64 * 3).Select(i => MathF.Sin(i))], [64, 64, 3]);
        Tensor wi = Wave([256, 3]), wh = Wave([256, 64]), bias = Wave([256]);
        float[] expected = x.Lstm(wi, wh, bias, bias).Hidden.ToArray();
        Tape.Current.EndStep();
        using (new NoGrad())
        {
            for (int i = 0; i < 63; i++)
            {
                Tensor.Zeros([1 << 20]);
            }

            Assert.Equal(expected, x.Lstm(wi, wh, bias, bias).Hidden.ToArray());
        }

        Tape.Current.EndStep();

        static Tensor Wave(Shape shape) => Tensor.From([.. Enumerable.Range(0, shape.Count).Select(i => MathF.Cos(i) / 8)], shape);
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        Tensor x = Tensor.Ones([2, 3, 5]), wi = Tensor.Ones([16, 5]), wh = Tensor.Ones([16, 4]);

        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 5]).Lstm(wi, wh));
        var f = Assert.Throws<ShapeException>(() => x.Lstm(Tensor.Ones([16, 6]), wh));
        var g = Assert.Throws<ShapeException>(() => x.Lstm(wi, wh, lengths: Tensor.From([3, 4], [2])));
        var h = Assert.Throws<ShapeException>(() => x.Gru(wi, wh));

        Assert.Equal("Lstm: expected input [B, T, F], got [2, 5].", e.Message);
        Assert.Equal("Lstm: expected input weights of shape [16, 5], got [16, 6].", f.Message);
        Assert.Equal("Lstm: expected lengths from 0 to 3, got 4 at place 1.", g.Message);
        Assert.Equal("Gru: expected input weights of shape [12, 5], got [16, 5].", h.Message);
    }

    // 70 rows: with two threads or four each takes rows of its own through all steps; 5 rows: they share the work of each step.
    [Theory, InlineData(70, true), InlineData(70, false), InlineData(5, true), InlineData(5, false)]
    public void The_number_of_threads_changes_no_bit(int rows, bool lstm)
    {
        Tensor lengths = Tensor.From([.. Enumerable.Range(0, rows).Select(b => (b * 7) % 10)], [rows]);

        float[][] alone = On(1), two = On(2), four = On(4);

        for (int i = 0; i < alone.Length; i++)
        {
            Kernels.Kit.AssertSameBits(alone[i], two[i], $"{(lstm ? "lstm" : "gru")} of {rows} rows, result {i}, 2 threads");
            Kernels.Kit.AssertSameBits(alone[i], four[i], $"{(lstm ? "lstm" : "gru")} of {rows} rows, result {i}, 4 threads");
        }

        float[][] On(int threads)
        {
            using var team = new Kernels.TeamOf(threads);
            int wide = (lstm ? 4 : 3) * 33;
            Tensor[] given = [Wave([rows, 9, 20], 1), Wave([wide, 20], 2), Wave([wide, 33], 3), Wave([wide], 4), Wave([wide], 5)];
            RecurrentResult y = lstm
                ? given[0].Lstm(given[1], given[2], given[3], given[4], lengths)
                : given[0].Gru(given[1], given[2], given[3], given[4], lengths);
            (y.Output.Square().Sum() + y.Hidden.Sum()).Backward();
            return [y.Output.ToArray(), y.Hidden.ToArray(), .. given.Select(g => g.Grad!.Value.ToArray())];
        }

        static Tensor Wave(Shape shape, int seed) =>
            Tensor.Variable(Tensor.From([.. Enumerable.Range(0, shape.Count).Select(i => MathF.Sin((i * 0.7f) + seed) / 4)], shape));
    }

    // In use nothing is kept for the way back: steps write over each other.
    [Theory]
    [InlineData(true, 33, false), InlineData(false, 33, true), InlineData(true, 300, true), InlineData(false, 300, false)]
    public void In_use_the_numbers_are_the_same_bits(bool lstm, int hidden, bool reverse)
    {
        Tensor lengths = Tensor.From([.. Enumerable.Range(0, 9).Select(b => b % 5)], [9]);
        int wide = (lstm ? 4 : 3) * hidden;
        Tensor[] given = [Wave([9, 4, 20], 1), Wave([wide, 20], 2), Wave([wide, hidden], 3), Wave([wide], 4), Wave([wide], 5), Wave([9, hidden], 6), Wave([9, hidden], 7)];

        float[][] learning = Run();
        Tape.Current.EndStep();
        float[][] inUse;
        using (new NoGrad())
        {
            inUse = Run();
        }

        Tape.Current.EndStep();
        for (int i = 0; i < learning.Length; i++)
        {
            Kernels.Kit.AssertSameBits(learning[i], inUse[i], $"result {i}");
        }

        float[][] Run()
        {
            RecurrentResult y = lstm
                ? given[0].Lstm(given[1], given[2], given[3], given[4], lengths, given[5], given[6], reverse)
                : given[0].Gru(given[1], given[2], given[3], given[4], lengths, given[5], reverse);
            return [y.Output.ToArray(), y.Hidden.ToArray(), .. lstm ? new[] { y.Cell.ToArray() } : []];
        }

        static Tensor Wave(Shape shape, int seed) =>
            Tensor.Variable(Tensor.From([.. Enumerable.Range(0, shape.Count).Select(i => MathF.Sin((i * 0.7f) + seed) / 4)], shape));
    }

    // 6 * 17 * 40 * 70 floats and more are kept: enough to be taken back, and so to be written over.
    [Theory]
    [InlineData(true, false), InlineData(false, false), InlineData(true, true), InlineData(false, true)]
    public void Gradients_are_the_same_bits_whether_the_graph_stays_or_is_taken(bool lstm, bool reverse)
    {
        Tensor lengths = Tensor.From([.. Enumerable.Range(0, 17).Select(b => 40 - (b % 5 * 10))], [17]);

        float[][] kept = Gradients(keeps: true), taken = Gradients(keeps: false);

        for (int i = 0; i < kept.Length; i++)
        {
            Kernels.Kit.AssertSameBits(kept[i], taken[i], $"gradient {i}");
        }

        float[][] Gradients(bool keeps)
        {
            int wide = (lstm ? 4 : 3) * 70;
            Tensor[] given = [Wave([17, 40, 21], 1), Wave([wide, 21], 2), Wave([wide, 70], 3), Wave([wide], 4), Wave([wide], 5)];
            RecurrentResult y = lstm
                ? given[0].Lstm(given[1], given[2], given[3], given[4], lengths, reverse: reverse)
                : given[0].Gru(given[1], given[2], given[3], given[4], lengths, reverse: reverse);
            Tensor loss = y.Output.Square().Sum() + y.Hidden.Sum();
            loss.Backward(keepsGraph: keeps);
            if (keeps)
            {
                // Nothing of what is kept was written over.
                float[][] first = [.. given.Select(g => g.Grad!.Value.ToArray())];
                foreach (Tensor g in given)
                {
                    g.ClearGrad();
                }

                loss.Backward();
                Assert.All(first.Zip(given), p => Kernels.Kit.AssertSameBits(p.First, p.Second.Grad!.Value.ToArray(), "again"));
            }

            float[][] gradients = [.. given.Select(g => g.Grad!.Value.ToArray())];
            Tape.Current.EndStep();
            return gradients;
        }

        static Tensor Wave(Shape shape, int seed) =>
            Tensor.Variable(Tensor.From([.. Enumerable.Range(0, shape.Count).Select(i => MathF.Sin((i * 0.7f) + seed) / 4)], shape));
    }

    // Rows around the height of a tile; weights of both in panels, of the states alone, of neither; apart, or one piece of memory as a layer's parameters are.
    [Theory]
    [InlineData(true, 15, 16, 33, 1, false), InlineData(true, 29, 1, 16, 2, true), InlineData(true, 28, 33, 17, 4, true), InlineData(true, 9, 7, 5, 2, false)]
    [InlineData(true, 4, 260, 160, 1, true), InlineData(true, 2, 260, 160, 4, false), InlineData(true, 2, 20, 260, 2, true), InlineData(true, 1, 20, 260, 1, false)]
    [InlineData(false, 15, 16, 33, 1, false), InlineData(false, 29, 1, 16, 2, true), InlineData(false, 9, 7, 5, 2, false)]
    [InlineData(false, 2, 300, 200, 4, false), InlineData(false, 1, 20, 300, 1, true)]
    public void Sizes_at_the_edges_of_tiles_and_panels_follow_the_definition(bool lstm, int rows, int features, int hidden, int threads, bool together)
    {
        using var team = new Kernels.TeamOf(threads);
        var random = new System.Random(rows);
        int wide = (lstm ? 4 : 3) * hidden;
        Nd x = Some(rows, 3, features), wi = Some(wide, features), wh = Some(wide, hidden), bias = Some(wide), other = Some(wide);
        int[] lengths = [.. Enumerable.Range(0, rows).Select(b => 3 - (b % 3 == 1 ? b % 4 : 0))];
        Nd[] along = [Some(rows, 3, features), Some(wide, features), Some(wide, hidden), Some(wide), Some(wide)];
        double[] weights = [.. Enumerable.Range(0, rows * 3 * hidden).Select(_ => random.NextDouble() - 0.5)];

        Tensor input = Variable(x), steps = Tensor.From(lengths, [rows]), b1 = Variable(bias), b2 = Variable(other);
        Tensor both = Tensor.Variable(Tensor.Concat([Variable(wi).Transpose(), Variable(wh).Transpose()], 0));
        Tensor w1 = together ? both.Slice(0, 0, features).Transpose() : Variable(wi), w2 = together ? both.Slice(0, features, hidden).Transpose() : Variable(wh);
        Tensor y = (lstm ? input.Lstm(w1, w2, b1, b2, steps) : input.Gru(w1, w2, b1, b2, steps)).Output;
        (y * Tensor.From([.. weights.Select(w => (float)w)], [rows, 3, hidden])).Sum().Backward();

        double[] expected = Outputs(0);
        Kernels.Kit.AssertClose(expected, y.ToArray(), 2e-5, "outputs");

        // Along a direction, all gradients at once.
        const double step = 1e-4;
        double difference = (Loss(step) - Loss(-step)) / (2 * step);
        float[] joint = together ? both.Grad!.Value.Transpose().ToArray() : [];
        double slope = Dot(input.Grad!.Value.ToArray(), along[0].Data) + Dot(b1.Grad!.Value.ToArray(), along[3].Data) + Dot(b2.Grad!.Value.ToArray(), along[4].Data)
            + Dot(together ? Part(0, features) : w1.Grad!.Value.ToArray(), along[1].Data) + Dot(together ? Part(features, hidden) : w2.Grad!.Value.ToArray(), along[2].Data);
        Assert.Equal(difference, slope, tolerance: 1e-3 * (1 + Math.Abs(difference)));
        Tape.Current.EndStep();

        float[] Part(int first, int count) => [.. Enumerable.Range(0, wide * count).Select(i => joint[(i / count * (features + hidden)) + first + (i % count)])];

        double Loss(double by) => Outputs(by).Zip(weights, (a, b) => a * b).Sum();

        double[] Outputs(double by)
        {
            Nd[] moved = by == 0 ? [x, wi, wh, bias, other] : [Moved(x, 0, by), Moved(wi, 1, by), Moved(wh, 2, by), Moved(bias, 3, by), Moved(other, 4, by)];
            return Reference(lstm, moved, hidden, lengths, reverse: false, biases: true, states: -1).Data[..(rows * 3 * hidden)];
        }

        Nd Moved(Nd from, int which, double by)
        {
            var to = new Nd(from.Shape);
            for (int i = 0; i < to.Data.Length; i++)
            {
                to.Data[i] = from.Data[i] + (by * along[which].Data[i]);
            }

            return to;
        }

        Nd Some(params int[] shape)
        {
            var nd = new Nd(shape);
            for (int i = 0; i < nd.Data.Length; i++)
            {
                nd.Data[i] = (float)(0.4 * (random.NextDouble() - 0.5));
            }

            return nd;
        }

        static Tensor Variable(Nd from) => Tensor.Variable(Tensor.From([.. from.Data.Select(v => (float)v)], Shape.Create(from.Shape)));

        static double Dot(float[] a, double[] b) => a.Zip(b, (u, v) => u * v).Sum();
    }

    // All results in one vector: outputs, last states, last cells.
    private static OpCase Case(bool lstm, int[] x, int h, int[]? lengths, bool reverse = false, bool biases = true, bool states = true)
    {
        int blocks = lstm ? 4 : 3;
        int[][] shapes = [x, [blocks * h, x[2]], [blocks * h, h]];
        shapes = biases ? [.. shapes, [blocks * h], [blocks * h]] : shapes;
        int first = shapes.Length;
        shapes = !states ? shapes : lstm ? [.. shapes, [x[0], h], [x[0], h]] : [.. shapes, [x[0], h]];
        Tensor? steps = lengths is null ? null : Tensor.From(lengths, [x[0]]);
        return new OpCase(
            $"{(lstm ? "lstm" : "gru")} [{string.Join(", ", x)}] -> {h}, lengths {(lengths is null ? "all" : string.Join(", ", lengths))}{(reverse ? ", reverse" : "")}",
            shapes,
            i =>
            {
                Tensor? b = biases ? i[3] : null, c = biases ? i[4] : null, h0 = states ? i[first] : null;
                RecurrentResult y = lstm
                    ? i[0].Lstm(i[1], i[2], b, c, steps, h0, states ? i[first + 1] : null, reverse)
                    : i[0].Gru(i[1], i[2], b, c, steps, h0, reverse);
                Tensor[] parts = [y.Output.Reshape(-1), y.Hidden.Reshape(-1), .. lstm ? [y.Cell.Reshape(-1)] : Array.Empty<Tensor>()];
                return Tensor.Concat(parts, 0);
            },
            i => Reference(lstm, i, h, lengths ?? [.. Enumerable.Repeat(x[1], x[0])], reverse, biases, states ? first : -1))
        {
            Low = -1,
            High = 1,

            // Tested apart: where numbers are looked at.
            CarriesNaN = false,
        };
    }

    private static Nd Reference(bool lstm, Nd[] i, int h, int[] lengths, bool reverse, bool biases, int states)
    {
        Nd x = i[0];
        int rows = x.Shape[0], steps = x.Shape[1], features = x.Shape[2], blocks = lstm ? 4 : 3;
        var outputs = new double[rows * steps * h];
        var hidden = new double[rows * h];
        var cell = new double[rows * h];
        for (int b = 0; b < rows; b++)
        {
            double[] state = [.. Enumerable.Range(0, h).Select(k => states < 0 ? 0 : i[states][b, k])];
            double[] c = [.. Enumerable.Range(0, h).Select(k => states < 0 || !lstm ? 0 : i[states + 1][b, k])];
            for (int s = 0; s < lengths[b]; s++)
            {
                int t = reverse ? lengths[b] - 1 - s : s;
                double In(int gate) => (biases ? i[3].Data[gate] : 0) + Enumerable.Range(0, features).Sum(f => i[1][gate, f] * x[b, t, f]);
                double[] before = state;
                double Hidden(int gate) => (biases ? i[4].Data[gate] : 0) + Enumerable.Range(0, h).Sum(k => i[2][gate, k] * before[k]);
                var next = new double[h];
                for (int k = 0; k < h; k++)
                {
                    if (lstm)
                    {
                        double Gate(int block) => In((block * h) + k) + Hidden((block * h) + k);
                        c[k] = (Sigmoid(Gate(1)) * c[k]) + (Sigmoid(Gate(0)) * Math.Tanh(Gate(2)));
                        next[k] = Sigmoid(Gate(3)) * Math.Tanh(c[k]);
                    }
                    else
                    {
                        double r = Sigmoid(In(k) + Hidden(k)), z = Sigmoid(In(h + k) + Hidden(h + k));
                        double n = Math.Tanh(In((2 * h) + k) + (r * Hidden((2 * h) + k)));
                        next[k] = ((1 - z) * n) + (z * before[k]);
                    }
                }

                state = next;
                state.CopyTo(outputs, ((b * steps) + t) * h);
            }

            state.CopyTo(hidden, b * h);
            c.CopyTo(cell, b * h);
        }

        double[] all = [.. outputs, .. hidden, .. lstm ? cell : []];
        var result = new Nd([all.Length]);
        all.CopyTo(result.Data, 0);
        return result;
    }

    private static double Sigmoid(double v) => 1 / (1 + Math.Exp(-v));
}
