namespace Graft.Tensors.Tests.Ops;

/// <summary>Rows by index, with a row for padding, single elements by index, and rows added into a table.</summary>
public sealed class EmbeddingTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            int[] places = [4, 0, 2, 2, 1, 4];
            Tensor flat = Tensor.From(places, [6]), square = Tensor.From(places, [2, 3]);
            foreach (int width in new[] { 1, 3, 17, 33 })
            {
                yield return new OpCase($"rows of {width}", [[5, width]], x => x[0].IndexSelect(square), x => new Nd([2, 3, width], at => x[0][places[(at[0] * 3) + at[1]], at[2]]));
                yield return new OpCase($"scatter rows of {width}", [[5, width], [6, width]], x => x[0].ScatterAdd(flat, x[1]), x => Scatter(x[0], places, x[1]));
            }

            yield return new OpCase("a vector", [[5]], x => x[0].IndexSelect(flat), x => new Nd([6], at => x[0][places[at[0]]]));
            yield return new OpCase("rows of pictures", [[5, 2, 3]], x => x[0].Embedding(flat), x => new Nd([6, 2, 3], at => x[0][places[at[0]], at[1], at[2]]));
            Tensor which = Tensor.From([1, 1, 0, 2, 4, 3], [3, 2]);
            yield return new OpCase("gather", [[3, 5]], x => x[0].Gather(which), x => new Nd([3, 2], at => x[0][at[0], new[] { 1, 1, 0, 2, 4, 3 }[(at[0] * 2) + at[1]]]));
        }
    }

    [Fact]
    public void The_row_for_padding_is_read_and_gets_no_gradient()
    {
        Tensor table = Tensor.Variable(Tensor.From([1f, 2, 3, 4, 5, 6], [3, 2]));

        Tensor y = table.Embedding(Tensor.From([0, 2, 0, 1], [4]), paddingIndex: 0);
        y.Sum().Backward();

        Assert.Equal([1f, 2, 5, 6, 1, 2, 3, 4], y.ToArray());
        Assert.Equal([0f, 0, 1, 1, 1, 1], table.Grad!.Value.ToArray());
    }

    [Theory, InlineData(-1), InlineData(3)]
    public void An_index_outside_the_table_is_named(int index)
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([3, 2]).IndexSelect(Tensor.From([0, index], [2])));

        Assert.Equal($"IndexSelect: expected indices from 0 to 2, got {index} at place 1.", e.Message);
    }

    [Fact]
    public void Numbers_are_refused_as_indices()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([3, 2]).IndexSelect(Tensor.Ones([2])));

        Assert.Equal("IndexSelect: expected integers, got floating point numbers [2]. Make them with Tensor.From(int[], shape).", e.Message);
    }

    private static Nd Scatter(Nd table, int[] places, Nd rows)
    {
        Nd sum = table.Map(v => v);
        for (int i = 0; i < rows.Data.Length; i++)
        {
            int[] at = rows.At(i);
            sum[[places[at[0]], .. at[1..]]] += rows.Data[i];
        }

        return sum;
    }
}
