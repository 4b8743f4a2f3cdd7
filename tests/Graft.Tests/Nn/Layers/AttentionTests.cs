using System.Text.Json.Nodes;
using Graft.Nn;
using Graft.Nn.Layers;
using Graft.Tensors;

namespace Graft.Tests.Nn.Layers;

public sealed class MultiHeadAttentionTests : LayerConformance
{
    private static readonly JsonNode Expected = Golden.Read("attention.json");

    protected override Shape InputShape => [2, 3, 4];

    protected override Shape OutputShape => [2, 3, 4];

    protected override string[] StateNames =>
        [.. new[] { "query", "key", "value", "output" }.SelectMany(n => new[] { $"{n}.weight [4, 4]", $"{n}.bias [4]" })];

    protected override (Shape Shape, string Message)? Refused =>
        ([3, 4], "MultiHeadAttention(4, 2 heads): expected input [B, T, 4], got [3, 4]. Sequences come batch first, then steps, then features.");

    // Single precision against double: sums of 12 products, a softmax, 15 rows.
    [Theory]
    [InlineData("full", false)]
    [InlineData("lengths", false)]
    [InlineData("full", true)]
    [InlineData("lengths", true)]
    public void Outputs_and_gradients_are_those_of_PyTorch(string name, bool isFused)
    {
        JsonNode expected = Expected[name]!;
        var shape = Shape.Create(Expected["shape"].Ints());
        int heads = Expected["heads"]!.GetValue<int>(), width = shape[2];
        var layer = new MultiHeadAttention(width, heads, names: isFused ? ["qkv", "proj"] : null);
        layer.Initialize(1);
        Parameter[] parameters = [.. layer.Parameters()];
        float[][] values = [.. Enumerable.Range(0, 8).Select(k => k % 2 == 0 ? Wave(width * width, k, 0.6) : Wave(width, k, 0.3))];
        float[][] own = isFused ? Fused(values) : values;
        for (int i = 0; i < own.Length; i++)
        {
            parameters[i].Value.Assign(own[i]);
        }

        Tensor x = Tensor.Variable(Tensor.From(Wave(shape.Count, 0.25, 1), shape));
        Tensor y = layer.Forward(x, name == "full" ? null : Tensor.From(Expected["counts"].Ints(), [shape[0]]));
        (y * Tensor.From(Wave(y.Count, 0.5, 1), y.Shape)).Sum().Backward();

        AssertNear(expected["y"].Floats(), y.ToArray());
        AssertNear(expected["dx"].Floats(), x.Grad!.Value.ToArray());
        float[][] gradients = [.. expected["gradients"]!.AsArray().Select(g => g.Floats())];
        Assert.All((isFused ? Fused(gradients) : gradients).Zip(parameters), p => AssertNear(p.First, p.Second.Grad!.Value.ToArray()));
    }

    [Fact]
    public void What_lies_behind_the_end_changes_nothing_before_it()
    {
        var layer = (MultiHeadAttention)Ready();
        layer.Train(false);
        float[] x = Input([1, 3, 4]).ToArray(), other = [.. x];
        other.AsSpan(8).Fill(100);
        Tensor lengths = Tensor.From([2], [1]);

        float[] a = layer.Forward(Tensor.From(x, [1, 3, 4]), lengths).ToArray(), b = layer.Forward(Tensor.From(other, [1, 3, 4]), lengths).ToArray();

        Assert.Equal(a[..8], b[..8]);
    }

    [Fact]
    public void A_row_without_steps_gives_numbers() =>
        Assert.All(((MultiHeadAttention)Ready()).Forward(Input([1, 3, 4]), Tensor.From([0], [1])).ToArray(), v => Assert.True(float.IsFinite(v)));

    [Fact]
    public void Impossible_sizes_are_refused()
    {
        var heads = Assert.Throws<ArgumentOutOfRangeException>(() => new MultiHeadAttention(10, 3));
        var shapes = Assert.Throws<ShapeException>(() => Attention.Of(Tensor.Zeros([2, 3, 4]), Tensor.Zeros([2, 5, 6]), Tensor.Zeros([2, 5, 6]), 2));

        Assert.StartsWith("heads: expected a divisor of the width 10, got 3.", heads.Message, StringComparison.Ordinal);
        Assert.Equal("Attention: expected queries [B, T, E], keys [B, S, E] and values [B, S, V], got [2, 3, 4], [2, 5, 6] and [2, 5, 6].", shapes.Message);
    }

    // One op, and the products and the softmax that it consists of; rounding aside.
    [Theory, InlineData(0f), InlineData(0.4f)]
    public void One_op_gives_what_its_parts_give(float p)
    {
        Tensor[] Inputs() => [.. new[] { 0.1, 0.7, 1.9 }.Select(phase => Tensor.Variable(Tensor.From(Wave(2 * 5 * 6, phase, 1), [2, 5, 6])))];
        Tensor[] own = Inputs(), parts = Inputs();
        var dropouts = new Dropout[] { new(p), new(p) };
        Tensor lengths = Tensor.From([3, 5], [2]), upstream = Tensor.From(Wave(60, 0.4, 1), [2, 5, 6]);

        Tensor y = Attention.Of(own[0], own[1], own[2], 3, lengths, dropouts[0]), composed = Attention.Composed(parts[0], parts[1], parts[2], 3, lengths, dropouts[1]);
        y.Backward(upstream);
        composed.Backward(upstream);

        AssertNear(composed.ToArray(), y.ToArray());
        Assert.All(own.Zip(parts), x => AssertNear(x.Second.Grad!.Value.ToArray(), x.First.Grad!.Value.ToArray()));
    }

    // Rows (1, 5), (3, 1), (9, 9) of which two count: mean (2, 3), greatest (3, 5).
    [Fact]
    public void Means_and_greatest_values_look_at_the_steps_that_count()
    {
        Tensor x = Tensor.From([1f, 5, 3, 1, 9, 9, 2, 2, 4, 4, 6, 6], [2, 3, 2]), lengths = Tensor.From([2, 3], [2]);

        Assert.Equal([2, 3, 4, 4], Steps.Mean(x, lengths).ToArray());
        Assert.Equal([3, 5, 6, 6], Steps.Max(x, lengths).ToArray());
        Assert.Equal([1, 5, 3, 1, 0, 0, 2, 2, 4, 4, 6, 6], Steps.Masked(x, lengths).ToArray());
        Assert.Equal(Steps.Mean(x, null).ToArray(), Steps.Mean(x, Tensor.From([3, 3], [2])).ToArray());
        Assert.Equal([0, 0, 2, 2], Steps.Mean(x, Tensor.From([0, 1], [2])).ToArray());
    }

    protected override Module Create() => new MultiHeadAttention(4, 2, dropout: 0.3f);

    private static float[][] Fused(float[][] parts) => [[.. parts[0], .. parts[2], .. parts[4]], [.. parts[1], .. parts[3], .. parts[5]], parts[6], parts[7]];

    private static float[] Wave(int count, double phase, double scale) => [.. Enumerable.Range(0, count).Select(i => (float)(Math.Sin((0.7 * i) + phase) * scale))];

    private static void AssertNear(float[] expected, float[] actual)
    {
        float size = expected.Max(Math.Abs);
        Assert.Equal(expected, actual, (a, b) => Math.Abs(a - b) <= 2e-5f * (1 + size));
    }
}
