using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;
using Graft.Tensors.Random;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Autograd;

/// <summary>One walk for several outputs gives what a backward pass for each gives, whatever the graph.</summary>
[Trait("category", "ops")]
[Collection(WholeTeam.Name)]
public sealed class SharedBackwardTests
{
    private Tensor _features;

    public static TheoryData<string, int> Graphs
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (string graph in (string[])["fused", "elementwise", "residual", "picture", "normed", "added", "joined", "bottleneck", "sequence", "words", "attention", "heads", "custom", "chain", "groups", "alone", "reshaped"])
            {
                data.Add(graph, 2);
                data.Add(graph, 5);
            }

            data.Add("fused", 1);
            data.Add("fused", 70);
            return data;
        }
    }

    [Theory, MemberData(nameof(Graphs))]
    public void Rows_are_those_of_passes_apart(string graph, int outputs)
    {
        (Tensor[] losses, Tensor[] leaves) = Make(graph, outputs);

        Tensor rows = Jacobian.Rows(losses, leaves);

        AssertClose(Apart(losses, leaves), rows.ToArray());
    }

    [Theory, MemberData(nameof(Graphs))]
    public void Bits_do_not_depend_on_threads(string graph, int outputs)
    {
        (Tensor[] losses, Tensor[] leaves) = Make(graph, outputs);
        var gram = new double[outputs * outputs];
        var again = new double[outputs * outputs];
        int threads = Engine.Threads;
        try
        {
            Engine.Threads = 1;
            float[] one = Jacobian.Gramian(losses, leaves, gram)!.Value.ToArray();
            Engine.Threads = 3;
            float[] three = Jacobian.Gramian(losses, leaves, again)!.Value.ToArray();

            Assert.Equal(one, three);
            Assert.Equal(gram, again);
        }
        finally
        {
            Engine.Threads = threads;
        }
    }

    [Theory, MemberData(nameof(Graphs))]
    public void A_Gramian_is_that_of_the_rows_kept_or_not_and_the_sum_of_its_leaves(string graph, int outputs)
    {
        (Tensor[] losses, Tensor[] leaves) = Make(graph, outputs);
        float[] rows = Apart(losses, leaves);
        int length = rows.Length / outputs;
        var kept = new double[outputs * outputs];
        var forgotten = new double[outputs * outputs];
        var apart = new double[leaves.Length * outputs * outputs];

        bool isKept = Jacobian.Gramian(losses, leaves, kept) is not null;
        bool isForgotten = Jacobian.Gramian(losses, leaves, forgotten, keepBytes: -1) is null;
        Jacobian.Gramian(losses, leaves, apart, keepBytes: -1);

        Assert.True(isKept);
        Assert.Equal(outputs <= 64, isForgotten);
        for (int i = 0; i < outputs; i++)
        {
            for (int j = 0; j < outputs; j++)
            {
                double expected = 0, sizes = 1e-12;
                for (int p = 0; p < length; p++)
                {
                    double product = (double)rows[(i * length) + p] * rows[(j * length) + p];
                    expected += product;
                    sizes += Math.Abs(product);
                }

                // The rows themselves differ in rounding.
                int at = (i * outputs) + j;
                double sum = Enumerable.Range(0, leaves.Length).Sum(l => apart[(l * outputs * outputs) + at]);
                Assert.Equal(expected, kept[at], 1e-5 * sizes);
                Assert.Equal(expected, forgotten[at], 1e-5 * sizes);
                Assert.Equal(forgotten[at], sum, 1e-6 * sizes);
            }
        }
    }

    [Fact]
    public void Tensors_too_large_for_slots_of_all_outputs_are_walked_in_groups()
    {
        // 40 gradients of 64 x 1024 numbers would take 10 MB.
        Tensor w = Leaf(1, 1024, 8), x = Data(2, 64, 8);
        Tensor shared = x.Linear(w, relu: true);
        Tensor[] losses = [.. Enumerable.Range(0, 40).Select(k => (shared * Data((ulong)k + 3, 1024)).Square().Mean())];

        Tensor rows = Jacobian.Rows(losses, [w]);

        AssertClose(Apart(losses, [w]), rows.ToArray());
    }

    [Fact]
    public void A_direction_is_the_weighted_sum_of_the_rows()
    {
        (Tensor[] losses, Tensor[] leaves) = Make("fused", 5);
        double[] weights = [0.5, -1, 2, 0, 0.25];

        Tensor rows = Jacobian.Rows(losses, leaves);
        Jacobian.Combine(rows, weights, leaves);
        float[] once = Gradients(leaves);
        Jacobian.Combine(rows, weights, leaves);

        AssertClose([.. once.Select(g => 2 * g)], Gradients(leaves));
        Clear(leaves);
        Weighted(losses, weights).Backward();
        AssertClose(Gradients(leaves), once);
    }

    [Theory, MemberData(nameof(Graphs))]
    public void A_weighted_backward_is_that_of_the_weighted_sum(string graph, int outputs)
    {
        (Tensor[] losses, Tensor[] leaves) = Make(graph, outputs);
        double[] weights = [.. Enumerable.Range(0, outputs).Select(k => k == 1 ? 0 : 0.5 + (0.1 * k))];
        Clear(leaves);
        Weighted(losses, weights).Backward();
        float[] expected = Gradients(leaves);

        Clear(leaves);
        Jacobian.Backward(losses, weights);
        float[] whole = Gradients(leaves);
        Clear(leaves);
        Jacobian.BackwardTo(losses, weights, leaves);
        float[] chosen = Gradients(leaves);
        Clear(leaves);
        Jacobian.Backward(losses, weights, leaves);

        AssertClose(expected, whole);
        AssertClose(expected, chosen);
        AssertClose(expected, Gradients(leaves));
        Clear(leaves);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void What_belongs_to_one_output_follows_it_without_its_weight(int outputs)
    {
        Tensor w = Leaf(1, 6, 8), shared = Data(4, 5, 8).Linear(w, relu: true);
        Tensor[] heads = [.. Enumerable.Range(0, outputs).Select(k => Leaf((ulong)k + 2, 3, 6))];
        Tensor[] losses = [.. heads.Select(h => shared.Linear(h).Tanh().Square().Sum())];
        double[] weights = [.. new[] { 2, 0, 0.5 }.Take(outputs)];

        Jacobian.Backward(losses, weights, [w]);
        float[] own = Gradients(heads), trunk = Gradients([w]);

        Clear([w, .. heads]);
        Weighted(losses, [.. weights.Select(_ => 1.0)]).Backward();
        AssertClose(Gradients(heads), own);
        Clear([w, .. heads]);
        Weighted(losses, weights).Backward();
        AssertClose(Gradients([w]), trunk);
    }

    [Fact]
    public void From_features_a_direction_goes_on_to_what_they_were_computed_from()
    {
        (Tensor[] losses, Tensor[] leaves) = Make("fused", 4);
        double[] weights = [0.5, 1, 2, 0.25];
        Tensor features = _features;

        Tensor rows = Jacobian.Rows(losses, [features]);
        Jacobian.Combine(rows, weights, [features]);
        float[] through = Gradients(leaves);
        Clear(leaves);
        Weighted(losses, weights).Backward();

        Assert.Equal(features.Count, rows.Shape[1]);
        AssertClose(Gradients(leaves), through);
    }

    [Fact]
    public void Rows_by_features_that_are_a_view_and_of_two_at_once_are_right()
    {
        Tensor w = Leaf(1, 6, 8), v = Leaf(2, 6, 8), x = Data(3, 4, 8);
        Tensor one = x.Linear(w).Tanh().Reshape(2, 12), two = x.Linear(v).Tanh();
        Tensor[] losses = [one.Square().Mean(), (one.Reshape(4, 6) * two).Sum(), two.Abs().Mean()];

        Tensor rows = Jacobian.Rows(losses, [one, two]);
        Jacobian.Combine(rows, [1, 2, 3], [one, two]);
        float[] through = Gradients([w, v]);

        Assert.Equal(Shape.Create([3, 48]), rows.Shape);
        Clear([w, v]);
        Weighted(losses, [1, 2, 3]).Backward();
        AssertClose(Gradients([w, v]), through);
    }

    [Fact]
    public void Heads_collect_their_gradients_on_the_way()
    {
        Tensor w = Leaf(1, 6, 8), h1 = Leaf(2, 3, 6), h2 = Leaf(3, 3, 6), shared = Data(4, 5, 8).Linear(w, relu: true);
        Tensor a = shared.Linear(h1).Square().Mean(), b = shared.Linear(h2).Square().Sum();
        var gram = new double[4];

        Jacobian.Gramian([a, b], [w], gram, othersCollect: true, keepBytes: -1);
        float[] collected = Gradients([h1, h2]);

        Assert.Null(w.Grad);
        Clear([h1, h2]);
        (a + b).Backward();
        AssertClose(Gradients([h1, h2]), collected);
    }

    [Fact]
    public void A_gradient_that_an_op_refuses_leaves_the_graph_usable()
    {
        Tensor w = Leaf(1, 4), y = w * 2;
        var op = new Moody();
        Tensor a = op.Apply(y).Sum(), b = y.Square().Sum();
        op.IsAngry = true;

        Assert.Throws<InvalidOperationException>(() => Jacobian.Rows([a, b], [w]));
        op.IsAngry = false;
        Tensor rows = Jacobian.Rows([a, b], [w]);

        AssertClose(Apart([a, b], [w]), rows.ToArray());
    }

    private (Tensor[] Losses, Tensor[] Leaves) Make(string graph, int outputs)
    {
        Tensor x = Data(100, 6, 10), w1 = Leaf(1, 12, 10), b1 = Leaf(2, 12), w2 = Leaf(3, 9, 12), b2 = Leaf(4, 9);
        Tensor kernel = Leaf(5, 4, 2, 3, 3), bias = Leaf(6, 4), gamma = Leaf(7, 4), beta = Leaf(8, 4);
        Tensor pictures = Data(101, 3, 2, 6, 6);
        Tensor[] two = [w1, b1, w2, b2];
        switch (graph)
        {
            case "fused":
                return (Heads(x.Linear(w1, b1, relu: true).LinearGelu(w2, b2).Relu(), outputs), two);
            case "elementwise":
                return (Heads((x.Linear(w1, b1).Gelu() * 2).Sigmoid().Linear(w2, b2).Tanh(), outputs), two);
            case "residual":
                Tensor one = x.Linear(w1, b1).Silu();
                return (Heads((one + (one * one.Exp())).Linear(w2, b2) - x.Slice(1, 0, 9), outputs), two);
            case "picture":
                Tensor seen = pictures.Conv2d(kernel, bias, padding: 1, relu: true).MaxPool2d(2);
                Tensor second = Leaf(9, 4, 4, 3, 3);
                return (Heads(seen.Conv2d(second, padding: 1, relu: true).AvgPool2d(3).Flatten(), outputs), [kernel, bias, second]);
            case "normed":
                Tensor mean = Tensor.From(new float[4], [4]), variance = Tensor.From([.. Enumerable.Repeat(1f, 4)], [4]);
                Tensor normed = pictures.Conv2d(kernel, null, stride: 2).BatchNorm(mean, variance, gamma, beta, relu: true).GroupNorm(2);
                return (Heads(normed.Flatten(), outputs), [kernel, gamma, beta]);
            case "added":
                Tensor seenFirst = pictures.Conv2d(kernel, bias, padding: 1);
                Tensor added = seenFirst.BatchNorm(Tensor.From(new float[4], [4]), Tensor.From([.. Enumerable.Repeat(1f, 4)], [4]), gamma, beta, true, 0.1f, 1e-5f, Rectifier.Relu6, seenFirst * 2);
                return (Heads(added.Flatten(), outputs), [kernel, bias, gamma, beta]);
            case "joined":
                var moments = new NormConstants(Tensor.From(new float[4], [4]), Tensor.From([.. Enumerable.Repeat(1f, 4)], [4]), gamma, beta, 1e-5f);
                Tensor third = Leaf(9, 4, 4, 3, 3);
                Tensor joined = ConvNormOperation.Apply(pictures, new ConvParts(kernel, null, 1, 1, 1, 1), moments, 0.1f, Rectifier.Relu6, null)!.Value;
                joined = ConvNormOperation.Apply(joined, new ConvParts(third, null, 1, 1, 1, 1), moments, 0.1f, Rectifier.None, joined)!.Value;
                return (Heads(joined.Flatten(), outputs), [kernel, third, gamma, beta]);
            case "bottleneck":
                var learned = new NormConstants(Tensor.From(new float[4], [4]), Tensor.From([.. Enumerable.Repeat(1f, 4)], [4]), gamma, beta, 1e-5f);
                Tensor point = Leaf(9, 4, pictures.Shape[1], 1, 1), window = Leaf(10, 4, 1, 3, 3);
                LearningPart Learning(Tensor weight, int step, int padding, int groups) => new(new ConvParts(weight, null, step, padding, 1, groups), learned, 0.1f);
                Tensor last = Leaf(11, 4, 4, 1, 1);
                Tensor widened = LearningBottleneckOperation.Apply(
                    pictures, Learning(point, 1, 0, 1), Learning(window, 2, 1, 4), Learning(last, 1, 0, 1), Rectifier.Relu6, adds: false, always: true)!.Value;
                widened = LearningBottleneckOperation.Apply(
                    widened, null, Learning(window, 1, 1, 4), Learning(last, 1, 0, 1), Rectifier.Relu6, adds: true, always: true)!.Value;
                return (Heads(widened.Flatten(), outputs), [point, window, last, gamma, beta]);
            case "sequence":
                Tensor wi = Leaf(10, 12, 10), wh = Leaf(11, 12, 3);
                RecurrentResult run = x.Unsqueeze(0).Reshape(2, 3, 10).Lstm(wi, wh, null);
                Tensor[] sequence = Heads(run.Output.Reshape(6, 3), outputs);
                sequence[0] = run.Hidden.Square().Sum();
                return (sequence, [wi, wh]);
            case "words":
                Tensor table = Leaf(10, 7, 5), windows = Leaf(11, 9, 5, 2), offset = Leaf(12, 9);
                Tensor words = table.IndexSelect(Tensor.From([0, 4, 2, 2, 6, 1, 5, 0, 3, 3, 1, 0], [3, 4]));
                Tensor maps = words.ConvMaxOverTime(windows, offset, Tensor.From([4, 3, 1], [3]));
                return (Heads(maps.Relu(), outputs), [table, windows, offset]);
            case "attention":
                Tensor q = x.Linear(w1, b1).Reshape(2, 3, 12);
                Tensor attended = q.MatMul(q.Transpose()).Softmax().MatMul(q).LayerNorm(Tensor.From([.. Enumerable.Repeat(1f, 12)], [12]), null);
                return (Heads(Tensor.Concat([attended, q], 2).Reshape(6, 24), outputs), [w1, b1]);
            case "heads":
                Tensor query = x.Linear(w1, b1).Reshape(2, 3, 12);
                Tensor looked = query.Attention(query.Tanh(), query.Sigmoid(), 3, Tensor.From([3, 2], [2]));
                return (Heads(looked.AddLayerNorm(query.Attention(query, query, 2)).AddLayerNorm(query).Reshape(6, 12), outputs), [w1, b1]);
            case "custom":
                return (Heads(new Moody().Apply(x.Linear(w1, b1)).Linear(w2, b2), outputs), two);
            case "chain":
                // Every loss is made of the one before.
                var losses = new Tensor[outputs];
                losses[0] = x.Linear(w1, b1, relu: true).Linear(w2, b2).Square().Mean();
                for (int k = 1; k < outputs; k++)
                {
                    losses[k] = (losses[k - 1] * 0.5f) + w2.Square().Sum();
                }

                return (losses, two);
            case "groups":
                // The first half of the losses sees one more layer than the second; the last sees nothing that is shared but the bias.
                Tensor low = x.Linear(w1, b1, relu: true), high = low.Linear(w2, b2).Tanh();
                Tensor[] grouped = [.. Heads(high, (outputs + 1) / 2), .. Heads(low, outputs / 2)];
                grouped[^1] = b1.Square().Sum();
                return (grouped, two);
            case "alone":
                // Rows of its own for each loss: nothing is shared but the parameters.
                return ([.. Enumerable.Range(0, outputs).Select(k => Data((ulong)k + 200, 4, 10).Linear(w1, b1, relu: true).Linear(w2, b2).Abs().Mean())], two);
            default:
                // Parts of one parameter, and the parameter whole.
                Tensor part = w1.Slice(0, 0, 9), other = w1.Slice(0, 3, 9);
                return (Heads((x.Linear(part) * x.Linear(other)) + w1.Sum(), outputs), [w1]);
        }
    }

    private Tensor[] Heads(Tensor features, int outputs)
    {
        _features = features;
        int width = features.Shape[-1];
        return [.. Enumerable.Range(0, outputs).Select(k => features.Linear(Leaf((ulong)k + 20, 2, width)).Square().Mean())];
    }

    private static Tensor Weighted(Tensor[] losses, double[] weights) =>
        losses.Zip(weights, (loss, weight) => loss * (float)weight).Aggregate((a, b) => a + b);

    private static float[] Apart(Tensor[] losses, Tensor[] leaves)
    {
        var all = new List<float>();
        foreach (Tensor loss in losses)
        {
            Clear(leaves);
            loss.Backward();
            all.AddRange(Gradients(leaves));
        }

        Clear(leaves);
        return [.. all];
    }

    private static float[] Gradients(Tensor[] leaves) => [.. leaves.SelectMany(l => l.Grad is { } g ? g.ToArray() : new float[l.Count])];

    private static void Clear(Tensor[] leaves)
    {
        foreach (Tensor leaf in leaves)
        {
            leaf.ClearGrad();
        }
    }

    private static Tensor Leaf(ulong seed, params int[] shape) => Tensor.Variable(Data(seed, shape));

    private static Tensor Data(ulong seed, params int[] shape)
    {
        var values = new float[shape.Aggregate(1, (a, b) => a * b)];
        RandomStream.For(seed, "shared").FillNormal(values, 0, 0.5f);
        return Tensor.From(values, Shape.Create(shape));
    }

    // Sums are formed in another order: a relative error of some 1e-6 of the row's size.
    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        float size = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 2e-6f * (size + Math.Abs(expected[i])));
        }
    }

    private sealed class Moody : CustomOperation
    {
        public bool IsAngry { get; set; }

        protected override Tensor Forward(ReadOnlySpan<Tensor> inputs) => inputs[0].Square();

        protected override void Backward(Tensor gradient, ReadOnlySpan<Tensor> inputs, Tensor output, Span<Tensor> inputGradients) =>
            inputGradients[0] = IsAngry ? throw new InvalidOperationException("Moody: not today.") : gradient * 2 * inputs[0];
    }
}
