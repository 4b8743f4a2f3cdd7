using Graft.Data;
using Graft.Data.Splits;

namespace Graft.Tests.Data.Splits;

public sealed class RowHashTests
{
    [Fact]
    public void Equal_rows_have_equal_hashes_and_rows_that_differ_anywhere_do_not()
    {
        var rows = new Dataset("d",
        [
            new NumberColumn("n", [1, 1, 2, 1, 1, 1, 1]),
            new CategoryColumn("c", [0, 0, 0, 1, 0, 0, 0], ["a", "b"]),
            new VectorColumn("v", [1, 2, 1, 2, 1, 2, 1, 2, 2, 1, 1, 2, 1, 2], 2),
            new TextColumn("t", ["x", "x", "x", "x", "x", null, "x"]),
            new PictureColumn("p", 7, r => new Picture(1, 1, 1, [(byte)(r == 6 ? 9 : 8)])),
        ]);

        ulong[] hashes = RowHash.Of(rows, ["n", "c", "v", "t", "p"]);

        Assert.Equal(hashes[0], hashes[1]);
        Assert.Equal(6, hashes.Distinct().Count());
    }

    [Fact]
    public void Many_different_rows_do_not_collide()
    {
        var rows = new Dataset("d", [new NumberColumn("n", [.. Enumerable.Range(0, 50_000).Select(i => (float)i)])]);

        Assert.Equal(50_000, RowHash.Of(rows, ["n"]).Distinct().Count());
    }
}
