using Graft.Tensors;

namespace Graft.Models.Graphs.Tracing;

/// <summary>Says convolutions and pooling in operators of ONNX.</summary>
internal static class TracePictures
{
    public static void Convolution(in TraceStep s)
    {
        Pair stride = s.Pair("stride"), padding = s.Pair("padding"), dilation = s.Pair("dilation");
        List<(string, object)> attributes =
        [
            ("strides", Of(stride)), ("pads", (long[])[.. Of(padding), .. Of(padding)]), ("dilations", Of(dilation)), ("group", (long)s.Integer("groups")),
            ("kernel_shape", (long[])[s.Sizes(1)[2].Count, s.Sizes(1)[3].Count]),
        ];
        if (s.Name == "ConvTranspose2d")
        {
            attributes.Add(("output_padding", Of(s.Pair("outputPadding"))));
        }

        TraceOperators.Activated(s, s.Builder.Add(
            s.Name == "Conv2d" ? "Conv" : "ConvTranspose", s.Has(2) ? [s.In(0), s.In(1), s.In(2)] : [s.In(0), s.In(1)], [.. attributes]));
    }

    public static void MaxPool(in TraceStep s) =>
        s.Give("MaxPool", [s.In(0)], [.. Windows(s, s.Pair("padding"), s.Pair("dilation")), ("dilations", Of(s.Pair("dilation")))]);

    private static long[] Of(Pair pair) => [pair.Height, pair.Width];

    // Behind the picture as much padding as the last window needs: where windows may run over the edge that is more than before it.
    private static (string, object)[] Windows(in TraceStep s, Pair padding, Pair dilation)
    {
        Pair kernel = s.Pair("kernel"), stride = s.Pair("stride");
        TraceSize[] from = s.Sizes(0), to = s.ResultSizes;
        long Behind(int axis, int kernel, int stride, int padding, int dilation) =>
            Math.Max(padding, ((to[axis].Count - 1L) * stride) + (dilation * (kernel - 1)) + 1 - from[axis].Count - padding);

        return
        [
            ("kernel_shape", Of(kernel)), ("strides", Of(stride)),
            ("pads", (long[])[
                padding.Height, padding.Width,
                Behind(2, kernel.Height, stride.Height, padding.Height, dilation.Height), Behind(3, kernel.Width, stride.Width, padding.Width, dilation.Width)]),
        ];
    }

    // Padding that counts is made of zeros where a window also sees what lies beyond it, which never counts.
    public static void AveragePool(in TraceStep s)
    {
        Pair padding = s.Pair("padding");
        (string, object)[] windows = Windows(s, padding, 1);
        var pads = (long[])windows[2].Item2;
        if (!s.Flag("countPadding") || (pads[2] == padding.Height && pads[3] == padding.Width))
        {
            s.Give("AveragePool", [s.In(0)], [.. windows, ("count_include_pad", s.Flag("countPadding") ? 1L : 0L)]);
            return;
        }

        long[] around = [0, 0, padding.Height, padding.Width, 0, 0, padding.Height, padding.Width];
        string padded = s.Builder.Add("Pad", [s.In(0), s.Builder.Integers(around)]);
        windows[2] = ("pads", (long[])[0, 0, pads[2] - padding.Height, pads[3] - padding.Width]);
        s.Give("AveragePool", [padded], [.. windows, ("count_include_pad", 0L)]);
    }

    public static void AdaptivePool(in TraceStep s)
    {
        TraceSize[] from = s.Sizes(0), to = s.ResultSizes;
        int high = from[2].Count, wide = from[3].Count, rows = to[2].Count, columns = to[3].Count;
        if (rows == 1 && columns == 1)
        {
            s.Give("GlobalAveragePool", [s.In(0)]);
        }
        else if (high % rows == 0 && wide % columns == 0)
        {
            long[] window = [high / rows, wide / columns];
            s.Give("AveragePool", [s.In(0)], ("kernel_shape", window), ("strides", window));
        }
        else
        {
            // Windows of unequal size: a product from the left averages rows, one from the right columns.
            string left = s.Builder.Constant("windows", Windows(high, rows, isLeft: true)), right = s.Builder.Constant("windows", Windows(wide, columns, isLeft: false));
            s.Give("MatMul", [s.Builder.Add("MatMul", [left, s.In(0)]), right]);
        }
    }

    private static GraphTensor Windows(int size, int count, bool isLeft)
    {
        var values = new float[size * count];
        for (int i = 0; i < count; i++)
        {
            int begin = (int)((long)i * size / count), end = (int)((((long)(i + 1) * size) + count - 1) / count);
            for (int j = begin; j < end; j++)
            {
                values[isLeft ? (i * size) + j : (j * count) + i] = 1f / (end - begin);
            }
        }

        return new GraphTensor(isLeft ? [count, size] : [size, count], values);
    }
}
