using Graft.Data;
using Graft.Data.Loading;

namespace Graft.Tests.Data.Loading;

public sealed class SequentialBatchesTests
{
    [Fact]
    public void Every_row_comes_once_in_order_and_again_after_a_restart()
    {
        var batches = new SequentialBatches(Rows.Table(7), 3);
        var seen = new List<int>();

        for (int turn = 0; turn < 2; turn++)
        {
            while (batches.Next() is { } batch)
            {
                Assert.Equal(batch.Rows[0], batch.Input.ToArray()[0]);
                seen.AddRange(batch.Rows);
            }

            Assert.Null(batches.Next());
            batches.Restart();
        }

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 0, 1, 2, 3, 4, 5, 6], seen);
    }

    [Fact]
    public void No_rows_are_no_batches() => Assert.Null(new SequentialBatches(Rows.Table(0), 3).Next());

    [Fact]
    public void Chosen_rows_come_in_their_order()
    {
        var batches = new SequentialBatches(Rows.Table(9), 2, [8, 1, 5]);

        Assert.Equal([8, 1], batches.Next()!.Rows);
        Assert.Equal([5], batches.Next()!.Rows);
        Assert.Null(batches.Next());
    }

    [Fact]
    public void Of_several_damaged_pictures_in_a_batch_the_first_is_told_whichever_thread_meets_its_own_first()
    {
        var batches = new SequentialBatches(
            Rows.Pictures(40, cacheBytes: 0, r => r is 13 or 14 or 39 ? throw new GraftInputException($"{r}.jpg", "is damaged.") : new Picture(3, 2, 1, new byte[6])), 40);

        var e = Assert.Throws<GraftInputException>(() => batches.Next());

        Assert.Contains("13.jpg", e.Message);
        Assert.DoesNotContain("14.jpg", e.Message);
    }
}
