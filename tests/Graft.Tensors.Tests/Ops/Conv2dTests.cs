namespace Graft.Tensors.Tests.Ops;

/// <summary>Convolution, transposed convolution and the one-dimensional form.</summary>
public sealed class Conv2dTests : OpConformance
{
    protected override IEnumerable<OpCase> Cases
    {
        get
        {
            yield return Case([1, 1, 1, 1], [1, 1, 1, 1]);
            yield return Case([2, 3, 5, 4], [4, 3, 1, 1]);
            yield return Case([2, 3, 5, 7], [17, 3, 3, 3], padding: 1);
            yield return Case([1, 2, 7, 6], [3, 2, 3, 2], stride: (2, 1), padding: (1, 0));
            yield return Case([2, 1, 9, 8], [5, 1, 3, 3], stride: 2, padding: 2, dilation: 2);
            yield return Case([1, 4, 5, 5], [6, 2, 3, 3], padding: 1, groups: 2);
            yield return Case([2, 5, 6, 5], [5, 1, 3, 3], padding: 1, groups: 5);
            yield return Case([1, 3, 7, 7], [3, 1, 3, 3], stride: 2, padding: 1, groups: 3);
            yield return Case([1, 2, 4, 4], [3, 2, 4, 4]);
            yield return Case([2, 2, 5, 5], [3, 2, 3, 3], padding: 1, relu: true);
            yield return Case([2, 2, 5, 5], [3, 2, 3, 3], padding: 1, bias: false);
            yield return Turned([2, 3, 4, 5], [3, 2, 3, 3]);
            yield return Turned([1, 4, 3, 3], [4, 5, 2, 2], stride: 2);
            yield return Turned([2, 3, 4, 3], [3, 2, 3, 3], stride: (2, 3), padding: 1, outputPadding: (1, 2));
            yield return Turned([1, 4, 3, 4], [4, 3, 3, 3], stride: 2, padding: 1, outputPadding: 1, groups: 2);
            yield return Turned([1, 2, 4, 4], [2, 3, 2, 3], dilation: (2, 1), relu: true);
            yield return Turned([1, 3, 3, 3], [3, 1, 3, 3], stride: 2, groups: 3);
            yield return Sequence([2, 3, 9], [4, 3, 3]);
        }
    }

    [Fact]
    public void An_input_with_other_channels_is_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 4, 8, 8]).Conv2d(Tensor.Ones([64, 3, 7, 7])));
        var f = Assert.Throws<ShapeException>(() => Tensor.Ones([4, 8, 8]).Conv2d(Tensor.Ones([64, 3, 7, 5])));

        Assert.Equal("Conv2d(3 -> 64, 7): expected input [B, 3, H, W], got [2, 4, 8, 8].", e.Message);
        Assert.Equal("Conv2d(3 -> 64, 7 x 5): expected input [B, 3, H, W], got [4, 8, 8].", f.Message);
    }

    [Fact]
    public void A_picture_smaller_than_the_kernel_is_named()
    {
        var e = Assert.Throws<ShapeException>(() => Tensor.Ones([2, 3, 4, 4]).Conv2d(Tensor.Ones([8, 3, 7, 7]), padding: 1));

        Assert.Equal("Conv2d(3 -> 8, 7): expected a picture, with its padding, at least as large as the kernel, got [2, 3, 4, 4].", e.Message);
    }

    [Fact]
    public void A_stride_of_0_and_an_output_padding_as_large_as_the_stride_are_refused()
    {
        Tensor x = Tensor.Ones([1, 1, 4, 4]), w = Tensor.Ones([1, 1, 2, 2]);

        var e = Assert.Throws<ArgumentOutOfRangeException>(() => x.Conv2d(w, stride: 0));
        var f = Assert.Throws<ArgumentOutOfRangeException>(() => x.ConvTranspose2d(w, stride: 2, outputPadding: 2));

        Assert.StartsWith("stride: expected an integer >= 1, got 0.", e.Message, StringComparison.Ordinal);
        Assert.StartsWith("outputPadding: expected a number from 0 to 1, got 2.", f.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_parameter_and_a_channels_last_picture_are_read_without_a_copy()
    {
        var memory = new ParameterMemory([54]);
        Tensor weight = memory.Next([2, 3, 3, 3], outputLast: true);
        weight.SetRequiresGrad(true);
        using var scope = new Graft.Tensors.Autograd.TensorScope();
        Tensor x = Tensor.ForStepChannelsLast(new float[3 * 16], [1, 3, 4, 4]);
        int before = Graft.Tensors.Autograd.Tape.Current.Count;

        x.Conv2d(weight, padding: 1);

        Assert.Equal(before + 1, Graft.Tensors.Autograd.Tape.Current.Count);
    }

    private static OpCase Case(
        int[] x, int[] w, Pair? stride = null, Pair? padding = null, Pair? dilation = null, int groups = 1, bool relu = false, bool bias = true) => new(
        $"conv [{string.Join(", ", x)}] * [{string.Join(", ", w)}], stride {stride ?? 1}, padding {padding ?? 0}, dilation {dilation ?? 1}, groups {groups}{(relu ? ", relu" : "")}",
        bias ? [x, w, [w[0]]] : [x, w],
        i => i[0].Conv2d(i[1], bias ? i[2] : null, stride, padding, dilation, groups, relu),
        i => Finish(Convolve(i[0], i[1], stride ?? 1, padding ?? 0, dilation ?? 1, groups), bias ? i[2] : null, relu))
        {
            // A weight that is no number may meet the zeros of the padding: 0 times NaN is NaN, where the reference leaves the product out.
            Finite = (padding ?? 0) == 0 ? [] : [1],
        };

    private static OpCase Turned(
        int[] x, int[] w, Pair? stride = null, Pair? padding = null, Pair? outputPadding = null, Pair? dilation = null, int groups = 1, bool relu = false) => new(
        $"transposed [{string.Join(", ", x)}] * [{string.Join(", ", w)}], stride {stride ?? 1}, padding {padding ?? 0}, {outputPadding ?? 0}, dilation {dilation ?? 1}, groups {groups}",
        [x, w, [w[1] * groups]],
        i => i[0].ConvTranspose2d(i[1], i[2], stride, padding, outputPadding, dilation, groups, relu),
        i => Finish(Spread(i[0], i[1], stride ?? 1, padding ?? 0, outputPadding ?? 0, dilation ?? 1, groups), i[2], relu))
        {
            Finite = [1],
        };

    private static OpCase Sequence(int[] x, int[] w) => new(
        $"sequence [{string.Join(", ", x)}] * [{string.Join(", ", w)}]",
        [x, w, [w[0]]],
        i => i[0].Conv1d(i[1], i[2], stride: 2, padding: 1),
        i =>
        {
            Nd y = Convolve(i[0].Reshape(x[0], x[1], 1, x[2]), i[1].Reshape(w[0], w[1], 1, w[2]), (1, 2), (0, 1), 1, 1);
            y = Finish(y, i[2], relu: false);
            return y.Reshape(y.Shape[0], y.Shape[1], y.Shape[3]);
        })
        {
            Finite = [1],
        };

    private static Nd Finish(Nd y, Nd? bias, bool relu)
    {
        y = bias is null ? y : Nd.Zip(y, bias.Reshape(bias.Shape[0], 1, 1), (a, b) => a + b);
        return relu ? y.Map(v => double.IsNaN(v) ? v : Math.Max(v, 0)) : y;
    }

    internal static Nd Convolve(Nd x, Nd w, Pair stride, Pair padding, Pair dilation, int groups)
    {
        int high = ((x.Shape[2] + (2 * padding.Height) - (dilation.Height * (w.Shape[2] - 1)) - 1) / stride.Height) + 1;
        int wide = ((x.Shape[3] + (2 * padding.Width) - (dilation.Width * (w.Shape[3] - 1)) - 1) / stride.Width) + 1;
        int each = w.Shape[0] / groups;
        return new Nd([x.Shape[0], w.Shape[0], high, wide], at =>
        {
            double sum = 0;
            for (int c = 0; c < w.Shape[1]; c++)
            {
                for (int i = 0; i < w.Shape[2]; i++)
                {
                    for (int j = 0; j < w.Shape[3]; j++)
                    {
                        int row = (at[2] * stride.Height) - padding.Height + (i * dilation.Height);
                        int column = (at[3] * stride.Width) - padding.Width + (j * dilation.Width);
                        if (row >= 0 && row < x.Shape[2] && column >= 0 && column < x.Shape[3])
                        {
                            sum += x[at[0], (at[1] / each * w.Shape[1]) + c, row, column] * w[at[1], c, i, j];
                        }
                    }
                }
            }

            return sum;
        });
    }

    private static Nd Spread(Nd x, Nd w, Pair stride, Pair padding, Pair more, Pair dilation, int groups)
    {
        int high = ((x.Shape[2] - 1) * stride.Height) - (2 * padding.Height) + (dilation.Height * (w.Shape[2] - 1)) + more.Height + 1;
        int wide = ((x.Shape[3] - 1) * stride.Width) - (2 * padding.Width) + (dilation.Width * (w.Shape[3] - 1)) + more.Width + 1;
        int each = x.Shape[1] / groups;
        var y = new Nd([x.Shape[0], w.Shape[1] * groups, high, wide]);
        for (int n = 0; n < x.Data.Length; n++)
        {
            int[] at = x.At(n);
            for (int o = 0; o < w.Shape[1]; o++)
            {
                for (int i = 0; i < w.Shape[2]; i++)
                {
                    for (int j = 0; j < w.Shape[3]; j++)
                    {
                        int row = (at[2] * stride.Height) - padding.Height + (i * dilation.Height);
                        int column = (at[3] * stride.Width) - padding.Width + (j * dilation.Width);
                        if (row >= 0 && row < high && column >= 0 && column < wide)
                        {
                            y[at[0], (at[1] / each * w.Shape[1]) + o, row, column] += x.Data[n] * w[at[1], o, i, j];
                        }
                    }
                }
            }
        }

        return y;
    }
}
