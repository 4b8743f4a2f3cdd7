namespace Graft.Tensors.Kernels;

/// <summary>The windows of a pooling along one axis, as tables.</summary>
internal unsafe struct PoolWindows
{
    /// <summary>First position of each window inside the image.</summary>
    public int* From;

    /// <summary>From a position of a window to the next.</summary>
    public int Step;

    /// <summary>Position after the last of each window inside the image.</summary>
    public int* To;

    /// <summary>What an average divides by: the product of both axes' numbers.</summary>
    public int* Divisor;

    /// <summary>For each position, the first window that covers it, if any does.</summary>
    public int* FirstOf;

    /// <summary>For each position, the last window that covers it; less than the first where none does.</summary>
    public int* LastOf;

    /// <summary>Integers that the tables of an axis take.</summary>
    public static nint Size(int size, int windows) => (3 * (nint)windows) + (2 * (nint)size);

    /// <summary>The row axis of a shape.</summary>
    public static PoolWindows Rows(in PoolShape s, int* memory) => s.IsAdaptive
        ? Adaptive(s.H, s.OutH, memory)
        : Sliding(s.H, s.OutH, s.KernelH, s.StrideH, s.PadH, s.DilationH, s.CountPad, memory);

    /// <summary>The column axis of a shape.</summary>
    public static PoolWindows Columns(in PoolShape s, int* memory) => s.IsAdaptive
        ? Adaptive(s.W, s.OutW, memory)
        : Sliding(s.W, s.OutW, s.KernelW, s.StrideW, s.PadW, s.DilationW, s.CountPad, memory);

    private static PoolWindows Sliding(int size, int windows, int kernel, int stride, int pad, int dilation, bool countPad, int* memory)
    {
        PoolWindows w = Place(size, windows, memory);
        for (int i = 0; i < windows; i++)
        {
            int from = (i * stride) - pad, to = Math.Min(from + (dilation * (kernel - 1)) + 1, size + pad);
            w.From[i] = Math.Max(0, from);
            w.To[i] = Math.Min(to, size);
            w.Divisor[i] = countPad ? to - from : w.To[i] - w.From[i];
        }

        w.Invert(size, windows);
        w.Step = dilation;
        for (int i = 0; i < windows && dilation > 1; i++)
        {
            // Positions before the image are left out; those inside keep their distance.
            int before = Math.Max(0, pad - (i * stride));
            w.From[i] = (i * stride) - pad + ((before + dilation - 1) / dilation * dilation);
        }

        return w;
    }

    private static PoolWindows Adaptive(int size, int windows, int* memory)
    {
        PoolWindows w = Place(size, windows, memory);
        for (int i = 0; i < windows; i++)
        {
            w.From[i] = (int)((long)i * size / windows);
            w.To[i] = (int)((((long)(i + 1) * size) + windows - 1) / windows);
            w.Divisor[i] = w.To[i] - w.From[i];
        }

        w.Invert(size, windows);
        return w;
    }

    private static PoolWindows Place(int size, int windows, int* memory) => new()
    {
        From = memory,
        Step = 1,
        To = memory + windows,
        Divisor = memory + (2 * windows),
        FirstOf = memory + (3 * windows),
        LastOf = memory + (3 * windows) + size,
    };

    // Starts and ends never fall from one window to the next, so the windows over a position are neighbors.
    private readonly void Invert(int size, int windows)
    {
        int first = 0, last = -1;
        for (int i = 0; i < size; i++)
        {
            while (first < windows && To[first] <= i)
            {
                first++;
            }

            while (last + 1 < windows && From[last + 1] <= i)
            {
                last++;
            }

            FirstOf[i] = first;
            LastOf[i] = last;
        }
    }
}
