using Graft.Data;

namespace Graft.Tests.Data;

public sealed class DatasetHashTests
{
    [Fact]
    public void Every_value_name_and_kind_of_column_counts()
    {
        Dataset[] all =
        [
            Rows(), Rows(number: 2), Rows(category: "b"), Rows(category: null), Rows(text: ""), Rows(text: null), Rows(vector: 2), Rows(step: 2), Rows(pixel: 2), Rows(name: "other"),
            new Dataset("d", [new TextColumn("t", ["ab", "c"])]), new Dataset("d", [new TextColumn("t", ["a", "bc"])]), new Dataset("d", [CategoryColumn.From("t", ["ab", "c"])]),
            new Dataset("d", [new SequenceColumn("s", [[1, 2], [3]], 1)]), new Dataset("d", [new SequenceColumn("s", [[1], [2, 3]], 1)]),
        ];

        UInt128[] hashes = [.. all.Select(d => DatasetHash.Of([d]))];

        Assert.Distinct(hashes);
        Assert.Equal(hashes[0], DatasetHash.Of([Rows()]));
        Assert.NotEqual(DatasetHash.Of([all[0], all[1]]), DatasetHash.Of([all[1], all[0]]));
    }

    private static Dataset Rows(float number = 1, string? category = "a", string? text = "t", float vector = 1, float step = 1, byte pixel = 1, string name = "n") => new("d",
    [
        new NumberColumn(name, [number]),
        CategoryColumn.From("c", [category]),
        new TextColumn("t", [text]),
        new VectorColumn("v", [vector, 1], 2),
        new SequenceColumn("s", [[step]], 1),
        new PictureColumn("p", 1, _ => new Picture(1, 1, 1, [pixel])),
    ]);
}
