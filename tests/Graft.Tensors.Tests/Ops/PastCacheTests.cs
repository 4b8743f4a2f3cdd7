using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Ops;

/// <summary>Results so long that they are written past the cache are, bit for bit, what the same op makes of a few of their rows, which are not.</summary>
[Trait("category", "ops")]
[Collection(WholeTeam.Name)]
public sealed class PastCacheTests
{
    // More than 6 million numbers each; widths that fill registers, and others with a beginning and an end in every row.
    private static readonly (string Name, int[] Shape, Func<Tensor, Tensor> Op)[] Uses =
    [
        ("relu", [13_003, 485], x => x.Relu()),
        ("relu of rows apart", [13_003, 2, 487], x => x.Slice(1, 0, 1).Relu()),
        ("bias, rows of whole registers", [12_301, 512], x => x + Vector(512)),
        ("bias, rows of parts of registers", [13_003, 485], x => x + Vector(485)),
        ("bias of narrow rows", [400_003, 17], x => x + Vector(17)),
        ("product with a column", [12_301, 512], x => x * x.Slice(1, 3, 1)),
        ("copy", [6_601, 2, 1023], x => x.Slice(1, 1, 1).Contiguous()),
        ("copy of every other number", [6_601, 2046], x => x.Slice(1, 1, 1000, 2).Contiguous()),
        ("softmax", [12_301, 512], x => x.Softmax()),
        ("softmax, scaled", [12_301, 528], x => x.Softmax(scale: 0.25f)),
        ("softmax of parts of registers", [13_003, 485], x => x.Softmax()),
        ("layer norm", [12_301, 512], x => x.LayerNorm(Vector(512), Vector(512))),
        ("layer norm of few numbers", [131_101, 48], x => x.LayerNorm(Vector(48))),
        ("layer norm of a sum", [12_301, 512], x => x.AddLayerNorm(x, Vector(512))),
        ("max pool", [13, 64, 180, 180], x => Last(x).MaxPool2d(2)),
        ("average pool", [13, 64, 91, 91], x => Last(x).AvgPool2d(3, 1, 1)),
        ("depthwise", [13, 96, 72, 71], x => Last(x).Conv2d(Vector(96 * 9).Reshape(96, 1, 3, 3), Vector(96), padding: 1, groups: 96, relu: true)),
        ("depthwise, moving by two", [13, 96, 143, 143], x => Last(x).Conv2d(Vector(96 * 9).Reshape(96, 1, 3, 3), padding: 1, stride: 2, groups: 96)),
        ("channels first", [13, 65, 88, 88], x => Last(x).Contiguous()),
        ("channels first, odd planes", [13, 65, 87, 87], x => Last(x).Contiguous()),
    ];

    public static TheoryData<string, int> Cases
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach ((string name, _, _) in Uses)
            {
                data.Add(name, 1 + (data.Count % 2 * 3));
                data.Add(name, 2);
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Cases))]
    public void Long_results_are_those_of_their_rows(string name, int threads)
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        using var team = new TeamOf(threads);
        using var noGrad = new NoGrad();
        using var scope = new TensorScope();
        (_, int[] shape, Func<Tensor, Tensor> op) = Uses.Single(u => u.Name == name);
        Tensor x = Tensor.ForStep(Numbers(Shape.Create(shape).Count), Shape.Create(shape));

        Tensor y = op(x);

        int rows = Math.Max(1, shape[0] / 500);
        foreach (int first in new[] { 0, shape[0] / 2, shape[0] - rows })
        {
            Tensor few = op(x.Slice(0, first, rows).Contiguous());
            Kit.AssertSameBits(few.ToArray(), y.Slice(0, first, rows).ToArray(), $"{name}, rows from {first}");
        }
    }

    [Theory, InlineData(1), InlineData(2), InlineData(4)]
    public void Rows_of_a_table_arrive_past_the_cache_as_they_are(int threads)
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        using var team = new TeamOf(threads);
        using var scope = new TensorScope();
        float[] table = Numbers(911 * 112);
        int[] places = [.. Enumerable.Range(0, 57_001).Select(i => (int)(i * 7919L % 911))];

        float[] y = Tensor.ForStep(table, [911, 112]).Embedding(Tensor.ForStep(places, [places.Length])).ToArray();

        for (int i = 0; i < places.Length; i++)
        {
            Kit.AssertSameBits(table.AsSpan(places[i] * 112, 112), y.AsSpan(i * 112, 112), $"row {i}");
        }
    }

    // As many places as a long table has rows: rows come by pieces of the table.
    [Theory, InlineData(1), InlineData(2)]
    public void Rows_of_a_long_table_arrive_past_the_cache_as_they_are(int threads)
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        const int rows = 65_537;
        using var team = new TeamOf(threads);
        using var scope = new TensorScope();
        float[] table = Numbers(rows * 96);
        int[] places = [.. Enumerable.Range(0, rows + 2).Select(i => (int)(i * (long)i * 7919 % rows))];

        float[] y = Tensor.ForStep(table, [rows, 96]).Embedding(Tensor.ForStep(places, [places.Length])).ToArray();

        for (int i = 0; i < places.Length; i++)
        {
            Kit.AssertSameBits(table.AsSpan(places[i] * 96, 96), y.AsSpan(i * 96, 96), $"row {i}");
        }
    }

    // Rows to be columns: 2064 fill lines of memory; 3071 do not fill blocks, 3136 fill tiles of 64, 3104 those of 32.
    [Theory, InlineData(1, 3071), InlineData(2, 3071), InlineData(4, 3071), InlineData(2, 3136), InlineData(2, 3104)]
    public unsafe void Transposes_past_the_cache_write_where_they_should(int threads, int columns)
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        using var team = new TeamOf(threads);
        const int rows = 2064;
        using Guarded from = Guarded.Of(Numbers(rows * columns)), to = new(rows * columns);

        Transpose.Run(1, rows, columns, from.P, to.P);

        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                if (from.P[(r * columns) + c] != to.P[(c * rows) + r])
                {
                    Assert.Fail($"row {r}, column {c}: expected {from.P[(r * columns) + c]}, got {to.P[(c * rows) + r]}");
                }
            }
        }

        to.AssertUntouchedAround();
    }

    // While it learns a pool keeps where its maxima are: these are written past the cache as well.
    [Theory, InlineData(1), InlineData(2)]
    public void Gradients_of_long_maxima_are_those_of_their_rows(int threads)
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        using var team = new TeamOf(threads);
        Tensor x = Tensor.Variable(Last(Tensor.ForStep(Numbers(13 * 64 * 180 * 180), [13, 64, 180, 180])));
        Tensor few = Tensor.Variable(x.Slice(0, 12, 1));

        Tensor y = x.MaxPool2d(2), yFew = few.MaxPool2d(2);
        y.Backward(y.Detach());
        yFew.Backward(yFew.Detach());

        Kit.AssertSameBits(yFew.ToArray(), y.Slice(0, 12, 1).ToArray(), "maxima");
        Kit.AssertSameBits(few.Grad!.Value.ToArray(), x.Grad!.Value.Slice(0, 12, 1).ToArray(), "gradients");
        using (new NoGrad())
        {
            Kit.AssertSameBits(y.ToArray(), x.MaxPool2d(2).ToArray(), "without gradients");
        }

        Tape.Current.EndStep();
    }

    // The gradient of a variable is its own, so that it is written past the cache; that of a few rows is not.
    [Theory, InlineData(1, 512), InlineData(2, 528), InlineData(4, 485)]
    public void Gradients_of_long_layer_normalization_are_those_of_their_rows(int threads, int width)
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        using var team = new TeamOf(threads);
        const int rows = 13_003, last = 17;
        Tensor x = Tensor.Variable(Tensor.ForStep(Numbers(rows * width), [rows, width])), few = Tensor.Variable(x.Slice(0, rows - last, last));
        Tensor weight = Tensor.Variable(Vector(width)), bias = Tensor.Variable(Vector(width));

        Tensor y = x.LayerNorm(weight, bias), yFew = few.LayerNorm(Vector(width), Vector(width));
        y.Backward(y.Detach());
        yFew.Backward(yFew.Detach());

        Kit.AssertSameBits(few.Grad!.Value.ToArray(), x.Grad!.Value.Slice(0, rows - last, last).ToArray(), "gradients");
        double[] sums = new double[width];
        float[] gradient = y.ToArray();
        for (int i = 0; i < gradient.Length; i++)
        {
            sums[i % width] += gradient[i];
        }

        // Sums of 13,003 numbers of about 1 in 32 parts.
        double most = sums.Max(Math.Abs);
        Assert.All(bias.Grad!.Value.ToArray().Zip(sums), pair => Assert.Equal(pair.Second, pair.First, 1e-5 * most));
        Tape.Current.EndStep();
    }

    // Gradients of a product are written past the cache as well, the second over that of the result.
    [Fact]
    public void Gradients_of_a_long_product_are_the_other_factor_times_the_gradient()
    {
        Assert.SkipWhen(Kit.Small, "Long results take too long without instruction sets.");
        const int count = 6_500_003;
        float[] a = Numbers(count), b = Numbers(count), dy = Numbers(count);
        Array.Reverse(b);
        Tensor x = Tensor.Variable(Tensor.ForStep(a, [count])), z = Tensor.Variable(Tensor.ForStep(b, [count]));

        (x * z).Backward(Tensor.ForStep(dy, [count]));

        Kit.AssertSameBits(dy.Zip(b, (g, v) => g * v).ToArray(), x.Grad!.Value.ToArray(), "the first");
        Kit.AssertSameBits(dy.Zip(a, (g, v) => g * v).ToArray(), z.Grad!.Value.ToArray(), "the second");
        Tape.Current.EndStep();
    }

    private static Tensor Vector(int count) => Tensor.ForStep(Numbers(count), [count]);

    private static Tensor Last(Tensor x) => x.Permute(0, 2, 3, 1).Contiguous().Permute(0, 3, 1, 2);

    // Cheap, and no two neighbors alike.
    private static float[] Numbers(int count)
    {
        var values = new float[count];
        uint state = 12345;
        for (int i = 0; i < count; i++)
        {
            state = (state * 1664525) + 1013904223;
            values[i] = ((int)(state >> 8) - (1 << 23)) / (float)(1 << 22);
        }

        return values;
    }
}
