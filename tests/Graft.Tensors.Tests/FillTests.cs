namespace Graft.Tensors.Tests;

public sealed class FillTests
{
    [Fact]
    public void Elements_are_filled_in_row_major_order_whatever_their_layout()
    {
        Tensor rows = Tensor.From([0f, 0, 0, 0, 0, 0], [2, 3]), turned = rows.Transpose();

        turned.Fill(into => new float[] { 1, 4, 2, 5, 3, 6 }.CopyTo(into));
        Assert.Equal([1f, 2, 3, 4, 5, 6], rows.ToArray());
        rows.Fill(into => into.Fill(7));

        Assert.Equal([7f, 7, 7, 7, 7, 7], turned.ToArray());
    }
}
