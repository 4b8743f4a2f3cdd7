using Graft.Data;
using Graft.Data.Loading;

namespace Graft.Tests.Data.Loading;

public sealed class LabeledRowsTests
{
    [Fact]
    public void A_picture_is_read_once_where_rows_are_kept_and_every_time_where_not()
    {
        int reads = 0;
        Picture? Read(int row)
        {
            reads++;
            return new Picture(3, 2, 1, new byte[6]);
        }

        var destination = new float[6];
        LabeledRows kept = Rows.Pictures(4, cacheBytes: 4 * 6 * sizeof(float), Read);
        LabeledRows encoded = Rows.Pictures(4, cacheBytes: (4 * 6 * sizeof(float)) - 1, Read);

        kept.Read(2, destination);
        kept.Read(2, destination);
        Assert.Equal(1, reads);

        encoded.Read(2, destination);
        encoded.Read(2, destination);
        Assert.Equal(3, reads);
    }

    [Fact]
    public void Many_threads_read_the_same_rows_alike()
    {
        LabeledRows rows = Rows.Pictures(50);

        Parallel.For(0, 400, i =>
        {
            var destination = new float[6];
            rows.Read(i % 50, destination);
            Assert.Equal([.. Enumerable.Range(i % 50, 6).Select(b => (float)b)], destination);
        });

        Assert.True(rows.IsInMemory);
    }

    [Fact]
    public void Missing_truths_are_known_for_classes_and_numbers()
    {
        var classes = TargetValues.OfClasses([1, -1]);
        var numbers = TargetValues.OfNumbers([1, float.NaN, float.NaN, float.NaN], 2);

        Assert.Equal([false, true], [classes.IsMissing(0), classes.IsMissing(1)]);
        Assert.Equal([false, true], [numbers.IsMissing(0), numbers.IsMissing(1)]);
    }

    [Fact]
    public void Counts_that_differ_are_refused() =>
        Assert.StartsWith(
            "t: expected 2 truths for each task and 2 ids, got 3 and 2.",
            Assert.Throws<ArgumentException>(() => new LabeledRows("t", Rows.Table(1).Shape, new float[6], [TargetValues.OfClasses([0, 0, 0])])).Message,
            StringComparison.Ordinal);
}
