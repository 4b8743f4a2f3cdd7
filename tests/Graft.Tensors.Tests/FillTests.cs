namespace Graft.Tensors.Tests;

public sealed class FillTests
{
    [Fact]
    public void Elements_are_filled_in_row_major_order_whatever_their_layout()
    {
        Tensor rows = Tensor.From([0f, 0, 0, 0, 0, 0], [2, 3]), turned = rows.Transpose();

        turned.Fill((start, into) => new float[] { 1, 4, 2, 5, 3, 6 }.AsSpan((int)start, into.Length).CopyTo(into));
        Assert.Equal([1f, 2, 3, 4, 5, 6], rows.ToArray());
        rows.Fill((_, into) => into.Fill(7));

        Assert.Equal([7f, 7, 7, 7, 7, 7], turned.ToArray());
    }

    // 1,000 x 700 numbers take several pieces of the buffer; number i is i.
    [Fact]
    public void Large_tensors_are_filled_piece_by_piece()
    {
        Tensor turned = Tensor.From(new float[700_000], [700, 1000]).Transpose();
        int pieces = 0;

        turned.Fill((start, into) =>
        {
            pieces++;
            for (int i = 0; i < into.Length; i++)
            {
                into[i] = start + i;
            }
        });

        Assert.InRange(pieces, 2, 10);
        Assert.Equal(Enumerable.Range(0, 700_000).Select(i => (float)i), turned.ToArray());
    }

    // What was computed from the old values and kept is known by this number.
    [Fact]
    public void Whatever_writes_to_a_tensor_or_a_view_of_it_changes_its_version()
    {
        Tensor rows = Tensor.From([0f, 0, 0, 0, 0, 0], [2, 3]), part = rows.Slice(0, 1, 1), turned = rows.Transpose();
        var seen = new HashSet<long> { rows.Version };

        Action[] writes =
        [
            () => rows.Assign([1, 2, 3, 4, 5, 6]),
            () => part.Assign([1, 2, 3]),
            () => turned.Detach().Assign([1, 2, 3, 4, 5, 6]),
            () => rows.Fill((_, into) => into.Fill(7)),
            () => turned.Fill((_, into) => into.Fill(8)),
            () => Assert.Throws<InvalidDataException>(() => rows.Fill((_, _) => throw new InvalidDataException())),
            () => Assert.Throws<InvalidDataException>(() => turned.Fill((_, _) => throw new InvalidDataException())),
            () => Tensor.From([1f, 2, 3, 5, 6, 8], [2, 3]).BatchNorm(part.Reshape(3), Tensor.Ones([3])),
            () => Tensor.From([1f, 2, 3, 5, 6, 8], [2, 3]).BatchNorm(Tensor.Zeros([3]), part.Reshape(3)),
        ];

        Assert.All(writes, write =>
        {
            write();
            Assert.True(seen.Add(rows.Version));
            Assert.Equal(rows.Version, part.Version);
        });
        _ = rows.Sum().Item() + rows.ToArray()[0];
        Assert.Contains(rows.Version, seen);
    }
}
