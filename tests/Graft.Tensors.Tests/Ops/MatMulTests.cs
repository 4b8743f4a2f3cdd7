namespace Graft.Tensors.Tests.Ops;

public sealed class MatMulTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach ((int m, int k, int n) in new[] { (1, 1, 1), (3, 5, 2), (15, 17, 33), (1, 17, 3), (17, 1, 15), (2, 33, 1) })
            {
                yield return Case([m, k], [k, n]);
            }

            yield return Case([5], [5]);
            yield return Case([5], [5, 3]);
            yield return Case([4, 5], [5]);
            yield return Case([2, 4, 5], [5]);
            yield return Case([5], [2, 5, 3]);
            yield return Case([2, 4, 5], [5, 3]);
            yield return Case([2, 4, 5], [2, 5, 3]);
            yield return Case([4, 5], [2, 5, 3]);
            yield return Case([3, 1, 4, 5], [2, 5, 3]);
            yield return Case([2, 3, 2, 4], [2, 1, 4, 3]);
            yield return Case([1, 3, 2], [4, 1, 2, 2]);
            yield return Case([0, 3], [3, 2]);
            yield return Case([2, 0], [0, 3]);
            yield return Case([0, 2, 3], [0, 3, 2]);
        }
    }

    [Fact]
    public void Inner_sizes_that_differ_are_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).MatMul(Tensor.Ones([4, 5])));

        Assert.Equal("MatMul: expected a right side of shape [..., 3, N] for [2, 3], got [4, 5].", e.Message);
    }

    [Fact]
    public void Batch_axes_that_do_not_broadcast_are_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3, 4]).MatMul(Tensor.Ones([5, 4, 2])));

        Assert.Equal("MatMul: expected shapes that broadcast, axis -1 equal or 1, got [2] with [5].", e.Message);
    }

    [Fact]
    public void A_scalar_is_refused()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3]).MatMul(Tensor.Scalar(1)));

        Assert.Equal("MatMul: expected tensors with axes, got [].", e.Message);
    }

    private static OpCase Case(int[] a, int[] b) => new(
        $"[{string.Join(", ", a)}] x [{string.Join(", ", b)}]", [a, b], x => x[0].MatMul(x[1]), x => Product(x[0], x[1]));

    internal static Nd Product(Nd a, Nd b)
    {
        Nd left = a.Rank == 1 ? a.Reshape(1, a.Shape[0]) : a, right = b.Rank == 1 ? b.Reshape(b.Shape[0], 1) : b;
        int m = left.Shape[^2], k = left.Shape[^1], n = right.Shape[^1];
        int rank = Math.Max(left.Rank, right.Rank);
        var batch = new int[rank - 2];
        for (int i = 1; i <= batch.Length; i++)
        {
            int x = i + 2 <= left.Rank ? left.Shape[^(i + 2)] : 1, y = i + 2 <= right.Rank ? right.Shape[^(i + 2)] : 1;
            batch[^i] = x == 1 ? y : x;
        }

        var product = new Nd([.. batch, m, n]);
        for (int index = 0; index < product.Data.Length; index += m * n)
        {
            int[] first = product.At(index);
            int atLeft = left.Place(first), atRight = right.Place(first);
            for (int i = 0; i < m * n; i++)
            {
                double sum = 0;
                for (int j = 0; j < k; j++)
                {
                    sum += left.Data[atLeft + (i / n * k) + j] * right.Data[atRight + (j * n) + (i % n)];
                }

                product.Data[index + i] = sum;
            }
        }

        int[] shape = [.. batch];
        shape = a.Rank == 1 ? shape : [.. shape, m];
        return product.Reshape(b.Rank == 1 ? shape : [.. shape, n]);
    }
}
