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
}
