namespace Graft.Tensors.Tests.Ops;

/// <summary>Maximum, average and adaptive average pooling.</summary>
public sealed class PoolTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            foreach ((int[] x, Pair kernel, Pair stride, Pair padding) in new (int[], Pair, Pair, Pair)[]
            {
                ([1, 1, 1, 1], 1, 1, 0), ([2, 3, 4, 6], 2, 2, 0), ([1, 17, 5, 5], 3, 2, 1), ([2, 1, 7, 5], (3, 2), (2, 1), (1, 0)), ([1, 33, 3, 3], 3, 3, 0),
                ([2, 15, 5, 4], 2, 1, 1),
            })
            {
                string what = $"[{string.Join(", ", x)}], window {kernel}, stride {stride}, padding {padding}";
                yield return new OpCase($"max {what}", [x], i => i[0].MaxPool2d(kernel, stride, padding), i => Windows(i[0], kernel, stride, padding, (v, _) => v.Aggregate(Math.Max)));
                yield return new OpCase($"average {what}", [x], i => i[0].AvgPool2d(kernel, stride, padding), i => Windows(i[0], kernel, stride, padding, (v, all) => v.Sum() / all));
                yield return new OpCase(
                    $"average of what is there {what}", [x], i => i[0].AvgPool2d(kernel, stride, padding, countPadding: false), i => Windows(i[0], kernel, stride, padding, (v, _) => v.Average()));
            }

            foreach ((int[] x, Pair kernel, Pair stride, Pair padding, Pair dilation, bool ceil) in new (int[], Pair, Pair, Pair, Pair, bool)[]
            {
                ([2, 3, 6, 7], 3, 2, 0, 1, true), ([1, 17, 5, 6], 3, 2, 1, 1, true), ([2, 1, 7, 5], (3, 2), (2, 3), (1, 0), 1, true), ([1, 2, 1, 2], 2, 2, 0, 1, true),
                ([1, 3, 7, 8], 3, 1, 1, 2, false), ([2, 18, 9, 7], (2, 3), 2, 1, (3, 2), true), ([1, 2, 8, 8], 2, 3, 0, 3, true),
            })
            {
                string what = $"[{string.Join(", ", x)}], window {kernel}, stride {stride}, padding {padding}, dilation {dilation}, {(ceil ? "up" : "down")}";
                yield return new OpCase(
                    $"max {what}", [x], i => i[0].MaxPool2d(kernel, stride, padding, dilation, ceil), i => Windows(i[0], kernel, stride, padding, (v, _) => v.Aggregate(Math.Max), dilation, ceil));
                if (dilation == 1)
                {
                    yield return new OpCase(
                        $"average {what}", [x], i => i[0].AvgPool2d(kernel, stride, padding, ceil: ceil), i => Windows(i[0], kernel, stride, padding, (v, all) => v.Sum() / all, null, ceil));
                    yield return new OpCase(
                        $"average of what is there {what}", [x], i => i[0].AvgPool2d(kernel, stride, padding, countPadding: false, ceil),
                        i => Windows(i[0], kernel, stride, padding, (v, _) => v.Average(), null, ceil));
                }
            }

            yield return new OpCase("side by side", [[1, 2, 5, 5]], i => i[0].MaxPool2d(2), i => Windows(i[0], 2, 2, 0, (v, _) => v.Max())) { CarriesNaN = false };
            yield return Adaptive([2, 3, 5, 7], 1);
            yield return Adaptive([1, 17, 5, 7], (2, 3));
            yield return Adaptive([1, 2, 2, 3], 5);
        }
    }

    [Fact]
    public void Of_equal_numbers_the_first_gets_the_gradient()
    {
        Tensor x = Tensor.Variable(Tensor.Ones([1, 1, 2, 2]));

        x.MaxPool2d(2).Sum().Backward();

        Assert.Equal([1f, 0, 0, 0], x.Grad!.Value.ToArray());
    }

    [Fact]
    public void A_window_larger_than_the_picture_is_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3, 4, 4]).MaxPool2d(5));
        var f = Assert.Throws<ShapeException>(() => Tensor.Ones([3, 4, 4]).AvgPool2d(2));

        Assert.Equal("MaxPool2d(5): expected a picture, with its padding, at least as large as the window, got [2, 3, 4, 4].", e.Message);
        Assert.Equal("AvgPool2d: expected input [B, C, H, W], got [3, 4, 4].", f.Message);
    }

    [Fact]
    public void A_padding_of_more_than_half_a_window_is_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => Tensor.Ones([1, 1, 4, 4]).MaxPool2d(3, padding: 2));

        Assert.StartsWith("padding: expected a number from 0 to 1, got 2.", e.Message, StringComparison.Ordinal);
    }

    private static OpCase Adaptive(int[] x, Pair size) => new(
        $"adaptive [{string.Join(", ", x)}] to {size}",
        [x],
        i => i[0].AdaptiveAvgPool2d(size),
        i => new Nd([x[0], x[1], size.Height, size.Width], at =>
        {
            double sum = 0;
            int count = 0;
            for (int r = at[2] * x[2] / size.Height; r < (((at[2] + 1) * x[2]) + size.Height - 1) / size.Height; r++)
            {
                for (int c = at[3] * x[3] / size.Width; c < (((at[3] + 1) * x[3]) + size.Width - 1) / size.Width; c++)
                {
                    sum += i[0][at[0], at[1], r, c];
                    count++;
                }
            }

            return sum / count;
        }));

    private static int Count(int size, int kernel, int stride, int padding, int dilation, bool ceil)
    {
        double steps = (size + (2.0 * padding) - (dilation * (kernel - 1)) - 1) / stride;
        int count = (int)(ceil ? Math.Ceiling(steps) : Math.Floor(steps)) + 1;
        return ceil && (count - 1) * stride >= size + padding ? count - 1 : count;
    }

    private static Nd Windows(Nd x, Pair kernel, Pair stride, Pair padding, Func<List<double>, int, double> join, Pair? dilated = null, bool ceil = false)
    {
        Pair dilation = dilated ?? 1;
        int high = Count(x.Shape[2], kernel.Height, stride.Height, padding.Height, dilation.Height, ceil);
        int wide = Count(x.Shape[3], kernel.Width, stride.Width, padding.Width, dilation.Width, ceil);
        return new Nd([x.Shape[0], x.Shape[1], high, wide], at =>
        {
            var inside = new List<double>();
            int all = 0;
            for (int i = 0; i < kernel.Height; i++)
            {
                for (int j = 0; j < kernel.Width; j++)
                {
                    int r = (at[2] * stride.Height) - padding.Height + (i * dilation.Height), c = (at[3] * stride.Width) - padding.Width + (j * dilation.Width);
                    all += r < x.Shape[2] + padding.Height && c < x.Shape[3] + padding.Width ? 1 : 0;
                    if (r >= 0 && r < x.Shape[2] && c >= 0 && c < x.Shape[3])
                    {
                        inside.Add(x[at[0], at[1], r, c]);
                    }
                }
            }

            return join(inside, all);
        });
    }
}
