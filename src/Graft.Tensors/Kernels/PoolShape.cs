namespace Graft.Tensors.Kernels;

/// <summary>Sizes of a pooling: images [N, H, W, C] and results [N, OutH, OutW, C].</summary>
internal readonly struct PoolShape
{
    /// <summary>Windows of a fixed size that move by a stride.</summary>
    /// <param name="n">Images.</param>
    /// <param name="h">Rows.</param>
    /// <param name="w">Columns.</param>
    /// <param name="c">Channels.</param>
    /// <param name="kernelH">Rows of a window.</param>
    /// <param name="kernelW">Columns of a window.</param>
    /// <param name="strideH">Rows from a window to the next.</param>
    /// <param name="strideW">Columns from a window to the next.</param>
    /// <param name="padH">Rows above and below; at most half a window.</param>
    /// <param name="padW">Columns left and right; at most half a window.</param>
    /// <param name="ceil">Whether a last window that runs over the edge counts, if it starts inside the image or the margin before it.</param>
    /// <param name="countPad">Whether an average divides by the window's size with margins, or by the positions inside the image.</param>
    /// <param name="dilationH">Rows from a position of a window to the next; averages know 1 alone.</param>
    /// <param name="dilationW">Columns from a position of a window to the next; averages know 1 alone.</param>
    public PoolShape(
        int n, int h, int w, int c, int kernelH, int kernelW, int strideH, int strideW, int padH = 0, int padW = 0,
        bool ceil = false, bool countPad = true, int dilationH = 1, int dilationW = 1)
    {
        (N, H, W, C) = (n, h, w, c);
        (KernelH, KernelW, StrideH, StrideW, PadH, PadW, CountPad) = (kernelH, kernelW, strideH, strideW, padH, padW, countPad);
        (DilationH, DilationW) = (dilationH, dilationW);
        OutH = Out(h, (dilationH * (kernelH - 1)) + 1, strideH, padH, ceil);
        OutW = Out(w, (dilationW * (kernelW - 1)) + 1, strideW, padW, ceil);
    }

    private PoolShape(int n, int h, int w, int c, int outH, int outW)
    {
        (N, H, W, C, OutH, OutW, DilationH, DilationW) = (n, h, w, c, outH, outW, 1, 1);
        IsAdaptive = true;
    }

    public int N { get; }

    public int H { get; }

    public int W { get; }

    public int C { get; }

    public int OutH { get; }

    public int OutW { get; }

    public int KernelH { get; }

    public int KernelW { get; }

    public int StrideH { get; }

    public int StrideW { get; }

    public int PadH { get; }

    public int PadW { get; }

    public int DilationH { get; }

    public int DilationW { get; }

    public bool CountPad { get; }

    /// <summary>Whether window i of n covers floor(i · size / n) up to ceil((i + 1) · size / n).</summary>
    public bool IsAdaptive { get; }

    public nint InputSize => (nint)N * H * W * C;

    public nint OutputSize => (nint)N * OutH * OutW * C;

    /// <summary>As many windows as results are wanted, of nearly equal size.</summary>
    public static PoolShape Adaptive(int n, int h, int w, int c, int outH, int outW) => new(n, h, w, c, outH, outW);

    private static int Out(int size, int kernel, int stride, int pad, bool ceil)
    {
        int room = size + (2 * pad) - kernel;
        if (room < 0)
        {
            // A window that only the rounding up brings in would have to start at 0.
            return ceil && room > -stride ? 1 : 0;
        }

        int count = (room / stride) + 1;
        return ceil && room % stride != 0 && count * stride < size + pad ? count + 1 : count;
    }
}
