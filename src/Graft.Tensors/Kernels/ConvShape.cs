namespace Graft.Tensors.Kernels;

/// <summary>Sizes of a convolution: images [N, H, W, Cin], weights [KH, KW, Cin / Groups, Cout], results [N, OutH, OutW, Cout].</summary>
internal struct ConvShape
{
    public ConvShape()
    {
    }

    public int N { get; set; } = 1;

    public int H { get; set; } = 1;

    public int W { get; set; } = 1;

    public int Cin { get; set; } = 1;

    public int Cout { get; set; } = 1;

    public int KH { get; set; } = 1;

    public int KW { get; set; } = 1;

    public int StrideH { get; set; } = 1;

    public int StrideW { get; set; } = 1;

    public int PadH { get; set; }

    public int PadW { get; set; }

    public int DilationH { get; set; } = 1;

    public int DilationW { get; set; } = 1;

    public int Groups { get; set; } = 1;

    /// <summary>Rows of the result; 0 where the kernel does not fit.</summary>
    public readonly int OutH => Out(H, KH, StrideH, PadH, DilationH);

    public readonly int OutW => Out(W, KW, StrideW, PadW, DilationW);

    /// <summary>Input channels of a group.</summary>
    public readonly int GroupIn => Cin / Groups;

    /// <summary>Output channels of a group.</summary>
    public readonly int GroupOut => Cout / Groups;

    public readonly nint InputSize => (nint)N * H * W * Cin;

    public readonly nint OutputSize => (nint)N * OutH * OutW * Cout;

    public readonly nint WeightSize => (nint)KH * KW * GroupIn * Cout;

    /// <summary>Multiplications and additions of one pass.</summary>
    public readonly double Work => 2.0 * N * OutH * OutW * Cout * KH * KW * GroupIn;

    /// <summary>Whether each output channel sees its own input channel and no other.</summary>
    public readonly bool IsDepthwise => Groups == Cin && Groups == Cout && Groups > 1;

    /// <summary>Whether this is a matrix product [pixels, Cin] · [Cin, Cout]: a 1 x 1 kernel that moves by 1.</summary>
    public readonly bool IsPointwise =>
        KH == 1 && KW == 1 && StrideH == 1 && StrideW == 1 && PadH == 0 && PadW == 0 && Groups == 1;

    private static int Out(int size, int kernel, int stride, int pad, int dilation)
    {
        int room = size + (2 * pad) - (dilation * (kernel - 1)) - 1;
        return room < 0 ? 0 : (room / stride) + 1;
    }
}
