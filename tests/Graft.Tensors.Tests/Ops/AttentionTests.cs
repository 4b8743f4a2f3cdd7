using Graft.Tensors.Random;

namespace Graft.Tensors.Tests.Ops;

public sealed class AttentionTests : OpConformance
{
    private static readonly RandomStream Stream = RandomStream.For(3, "attention", 5);

    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case(1, 1, 1, 1, 1, 1);
            yield return Case(2, 3, 3, 2, 2, 2);
            yield return Case(2, 5, 4, 3, 1, 2, lengths: [4, 2]);
            yield return Case(1, 17, 15, 1, 5, 3);
            yield return Case(3, 2, 16, 2, 3, 4, lengths: [0, 16, 99]);
            yield return Case(2, 4, 5, 2, 3, 3, dropout: 0.4f);
            yield return Case(2, 3, 17, 1, 2, 5, lengths: [17, 3], dropout: 0.25f);
        }
    }

    [Fact]
    public void One_tensor_may_be_queries_keys_and_values()
    {
        float[] numbers = new float[2 * 3 * 12];
        Stream.FillNormal(numbers);
        Tensor joined = Tensor.Variable(Tensor.From(numbers, [2, 3, 12])), upstream = Tensor.From(numbers.AsSpan(0, 24), [2, 3, 4]);
        Tensor[] parts = [.. Enumerable.Range(0, 3).Select(i => Tensor.Variable(joined.Detach().Slice(2, 4 * i, 4).Contiguous()))];

        joined.Slice(2, 0, 4).Attention(joined.Slice(2, 4, 4), joined.Slice(2, 8, 4), 2).Backward(upstream);
        parts[0].Attention(parts[1], parts[2], 2).Backward(upstream);
        Tensor same = Tensor.Variable(parts[0].Detach());
        same.Attention(same, same, 2).Backward(upstream);

        Assert.Equal(Tensor.Concat([.. parts.Select(p => p.Grad!.Value)], 2).ToArray(), joined.Grad!.Value.ToArray());
        Tensor[] thrice = [.. Enumerable.Range(0, 3).Select(_ => Tensor.Variable(parts[0].Detach()))];
        thrice[0].Attention(thrice[1], thrice[2], 2).Backward(upstream);
        Close(
            [.. (thrice[0].Grad!.Value + thrice[1].Grad!.Value + thrice[2].Grad!.Value).ToArray().Select(g => (double)g)],
            same.Grad!.Value.ToArray(), 1e-5, "sum of the gradients");
    }

    [Fact]
    public void Rows_may_attend_to_the_rows_behind_them()
    {
        const int rows = 9;
        float[] numbers = new float[(rows + 1) * 40 * 8];
        Stream.FillNormal(numbers);
        Tensor x = Tensor.Variable(Tensor.From(numbers, [rows + 1, 40, 8])), upstream = Tensor.From(numbers.AsSpan(0, rows * 40 * 8), [rows, 40, 8]);
        Tensor first = Tensor.Variable(x.Detach().Slice(0, 0, rows).Contiguous()), next = Tensor.Variable(x.Detach().Slice(0, 1, rows).Contiguous());

        x.Slice(0, 0, rows).Attention(x.Slice(0, 1, rows), x.Slice(0, 1, rows), 2).Backward(upstream);
        first.Attention(next, next, 2).Backward(upstream);

        Tensor none = Tensor.Zeros([1, 40, 8]);
        Tensor expected = Tensor.Concat([first.Grad!.Value, none], 0) + Tensor.Concat([none, next.Grad!.Value], 0);
        Close([.. expected.ToArray().Select(g => (double)g)], x.Grad!.Value.ToArray(), 1e-5, "gradient of overlapping rows");
    }

    [Fact]
    public void Without_a_gradient_the_bits_are_the_same()
    {
        float[] numbers = new float[2 * 7 * 8];
        Stream.FillNormal(numbers);
        Tensor x = Tensor.From(numbers, [2, 7, 8]), lengths = Tensor.From([5, 7], [2]);
        Tensor learned = Tensor.Variable(x);

        Assert.Equal(learned.Attention(learned, learned, 2, lengths).ToArray(), x.Attention(x, x, 2, lengths).ToArray());
        Assert.Equal(learned.Attention(learned, learned, 2, lengths, 0.5f, Stream).ToArray(), x.Attention(x, x, 2, lengths, 0.5f, Stream).ToArray());
    }

    [Fact]
    public void What_lies_behind_the_end_is_not_looked_at_and_gets_no_gradient()
    {
        float[] numbers = new float[6 * 4];
        Stream.FillNormal(numbers);
        Tensor query = Tensor.From(numbers.AsSpan(0, 8), [1, 2, 4]);
        Tensor before = query.Attention(Tensor.From(numbers, [1, 6, 4]), Tensor.From(numbers, [1, 6, 4]), 2, Tensor.From([4], [1]));
        numbers.AsSpan(16).Fill(float.NaN);
        Tensor key = Tensor.Variable(Tensor.From(numbers, [1, 6, 4])), value = Tensor.Variable(Tensor.From(numbers, [1, 6, 4]));

        Tensor y = query.Attention(key, value, 2, Tensor.From([4], [1]));
        y.Sum().Backward();

        Assert.Equal(before.ToArray(), y.ToArray());
        Assert.All(key.Grad!.Value.ToArray()[16..], g => Assert.Equal(0, g));
        Assert.All(value.Grad!.Value.ToArray()[16..], g => Assert.Equal(0, g));
        Assert.All(key.Grad!.Value.ToArray(), g => Assert.True(float.IsFinite(g)));
    }

    [Fact]
    public void Empty_sizes_give_empty_results_and_no_gradient()
    {
        Tensor none = Tensor.Variable(Tensor.Zeros([2, 0, 4])), some = Tensor.Variable(Tensor.Ones([2, 3, 4]));

        Tensor blind = some.Attention(none, none, 2), nobody = none.Attention(some, some, 2);
        (blind.Sum() + nobody.Sum()).Backward();

        Assert.Equal(new float[24], blind.ToArray());
        Assert.Equal("[2, 0, 4]", nobody.Shape.ToString());
        Assert.Equal(new float[24], some.Grad!.Value.ToArray());
    }

    [Fact]
    public void Sizes_that_do_not_fit_are_named()
    {
        Tensor x = Tensor.Zeros([2, 3, 4]);

        var widths = Assert.Throws<ShapeException>(() => x.Attention(Tensor.Zeros([2, 5, 6]), Tensor.Zeros([2, 5, 6]), 2));
        var heads = Assert.Throws<ShapeException>(() => x.Attention(x, x, 3));
        var lengths = Assert.Throws<ShapeException>(() => x.Attention(x, x, 2, Tensor.From([1, 2, 3], [3])));

        Assert.Equal("Attention: expected queries [B, T, E], keys [B, S, E] and values [B, S, V], got [2, 3, 4], [2, 5, 6] and [2, 5, 6].", widths.Message);
        Assert.Equal("Attention: expected widths that 3 heads divide, got 4 and 4.", heads.Message);
        Assert.Equal("Attention: expected a length for each of 2 rows, got [3].", lengths.Message);
    }

    private static OpCase Case(int rows, int queries, int keys, int heads, int depth, int width, int[]? lengths = null, float dropout = 0)
    {
        Tensor? counts = lengths is null ? null : Tensor.From(lengths, [rows]);
        float[] mask = Tensor.Ones([rows, heads, queries, keys]).Dropout(dropout, Stream).ToArray();
        return new OpCase(
            $"{rows} rows, {queries} x {keys}, {heads} heads of {depth} and {width}, lengths {lengths is not null}, dropout {dropout}",
            [[rows, queries, heads * depth], [rows, keys, heads * depth], [rows, keys, heads * width]],
            x => x[0].Attention(x[1], x[2], heads, counts, dropout, Stream),
            x => Reference(x[0], x[1], x[2], heads, lengths, mask))
        {
            // Keys that do not count, and shares that are dropped, hide what is not a number.
            CarriesNaN = lengths is null && dropout == 0,
        };
    }

    /// <summary>Shares of each query one by one.</summary>
    internal static Nd Reference(Nd query, Nd key, Nd value, int heads, int[]? lengths, float[] mask)
    {
        int rows = query.Shape[0], queries = query.Shape[1], keys = key.Shape[1], depth = query.Shape[2] / heads, width = value.Shape[2] / heads;
        var y = new Nd([rows, queries, heads * width]);
        for (int place = 0; place < rows * heads * queries; place++)
        {
            int t = place % queries, h = place / queries % heads, b = place / queries / heads, n = lengths is null ? keys : Math.Clamp(lengths[b], 1, keys);
            double[] scores = [.. Enumerable.Range(0, n).Select(s => Enumerable.Range(h * depth, depth).Sum(e => query[b, t, e] * key[b, s, e]) / Math.Sqrt(depth))];
            double top = scores.Aggregate(Math.Max), sum = scores.Sum(s => Math.Exp(s - top));
            for (int e = 0; e < width; e++)
            {
                y[b, t, (h * width) + e] = Enumerable.Range(0, n).Sum(s => Math.Exp(scores[s] - top) / sum * mask[(place * keys) + s] * value[b, s, (h * width) + e]);
            }
        }

        return y;
    }
}
