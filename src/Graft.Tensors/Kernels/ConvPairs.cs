using System.Runtime.CompilerServices;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Wide kernels over few channels that move by two along rows, such as the 7 x 7 that many networks begin with: half of the multiplications of the definition.</summary>
/// <remarks>
/// <para>Two pixels side by side are one of twice the channels, over which a kernel of half the width moves by one; along rows that is minimal filtering,
/// F(4, 4) of <see cref="MinimalFilter"/>: four results of four pairs of pixels from seven products instead of sixteen. The sums over kernel rows and channels move inside.</para>
/// <para>A task is a band of target rows. It transforms the source rows that the band sees, each once, into seven matrices [tiles, channels of a pair]; for each target row and
/// panel of target channels the micro-kernel multiplies them by transformed kernels, its outer steps the kernel rows that touch the image, and the products are transformed into
/// results while they are in the cache.</para>
/// <para>A number that is infinite or NaN reaches all results of the tiles that see it, not only those of the windows that hold it.</para>
/// </remarks>
internal unsafe struct ConvPairs<V> : IJob
    where V : struct, IVec<V>
{
    /// <summary>Pairs of weights in a kernel row.</summary>
    private const int Window = 4;

    /// <summary>Products of a tile.</summary>
    private const int Points = Window + MinimalFilter.Results - 1;

    /// <summary>Bytes of transformed source rows that a task should not exceed.</summary>
    private const int BandBytes = 256 * 1024;

    // The points of F(4, 4): 0, P, -P, Q, -Q, T, infinity.
    private const float P = 0.5f;
    private const float Q = 1.25f;
    private const float T = 2;

    private ConvShape _s;
    private float* _x;
    private float* _w;
    private float* _y;
    private float* _bias;
    private float* _residual;
    private Activation _activation;
    private int _bandRows;

    /// <summary>Results of tiles of a row.</summary>
    private readonly int Tiles => (_s.OutW + MinimalFilter.Results - 1) / MinimalFilter.Results;

    /// <summary>Channels of a pair of pixels.</summary>
    private readonly int Channels => 2 * _s.Cin;

    /// <summary>Floats from a point of a transformed row to the next; whole registers are written.</summary>
    private readonly nint NextPoint => ((nint)Tiles * Channels) + 16;

    /// <summary>Whether a convolution takes this way: a property of its map and channels alone.</summary>
    public static bool Fits(in ConvShape s) =>
        s is { KW: 7 or 8, StrideW: 2, DilationH: 1, DilationW: 1, Groups: 1, Cin: <= 4, Cout: >= 8, OutW: >= 8 };

    /// <summary>Floats of transformed kernels.</summary>
    public static nint PackedSize(in ConvShape s) => Points * (nint)s.KH * 2 * s.Cin * ((s.Cout + (2 * V.Width) - 1) / (2 * V.Width) * 2 * V.Width);

    /// <summary>Transforms kernels. Order: panel of target channels, point, kernel row, channel of the pair, target channel.</summary>
    public static void Pack(in ConvShape s, float* w, float* packed)
    {
        float[] matrix = MinimalFilter.OfWindow(Window);
        for (int n0 = 0; n0 < s.Cout; n0 += 2 * V.Width)
        {
            int columns = Math.Min(2 * V.Width, s.Cout - n0), panel = Kernels.Pack.PanelWidth<V>(columns);
            for (int point = 0; point < Points; point++)
            {
                for (int i = 0; i < s.KH * 2 * s.Cin; i++)
                {
                    int row = i / (2 * s.Cin), phase = i / s.Cin % 2, channel = i % s.Cin;
                    for (int n = 0; n < panel; n += V.Width, packed += V.Width)
                    {
                        V sum = V.Zero;
                        int lanes = Math.Clamp(columns - n, 0, V.Width);
                        for (int j = 0; (2 * j) + phase < s.KW; j++)
                        {
                            float* g = w + ((((((nint)row * s.KW) + (2 * j) + phase) * s.Cin) + channel) * s.Cout) + n0 + n;
                            sum = V.Fma(V.All(matrix[(point * MinimalFilter.Stride) + j]), V.LoadFirst(g, lanes), sum);
                        }

                        V.Store(sum, packed);
                    }
                }
            }
        }
    }

    /// <summary>y = act(x * w + bias + residual).</summary>
    public static void Forward(
        in ConvShape s, float* x, float* w, float* y, float* bias, Activation activation, float* residual, bool packed, int bandBytes = BandBytes)
    {
        var job = new ConvPairs<V> { _s = s, _x = x, _w = w, _y = y, _bias = bias, _residual = residual, _activation = activation };
        if (!packed)
        {
            job._w = Workspace.Get(Workspace.Slot.Weights, PackedSize(s));
            Pack(s, w, job._w);
        }

        // No element depends on how rows are cut, so that may follow the number of threads.
        long rowBytes = Points * job.NextPoint * sizeof(float) * s.StrideH;
        int rows = s.N * s.OutH, threads = Team.Threads;
        long bands = Math.Max(threads == 1 ? 1 : 2 * threads, ((rows * rowBytes) + bandBytes - 1) / bandBytes);
        bands = Math.Min(rows, (bands + threads - 1) / threads * threads);
        job._bandRows = (int)((rows + bands - 1) / bands);
        Team.For((rows + job._bandRows - 1) / job._bandRows, ref job);
    }

    public readonly void Run(int index)
    {
        int first = index * _bandRows, last = Math.Min(_s.N * _s.OutH, first + _bandRows), outH = _s.OutH;
        for (int row = first; row < last;)
        {
            // A segment: the rows of the band that belong to one picture.
            int image = row / outH, from = row % outH, to = Math.Min(outH, from + last - row);
            Segment(image, from, to);
            row += to - from;
        }
    }

    private readonly void Segment(int image, int first, int last)
    {
        int top = Math.Max(0, (first * _s.StrideH) - _s.PadH), bottom = Math.Min(_s.H, ((last - 1) * _s.StrideH) - _s.PadH + _s.KH);
        nint rowFloats = Points * NextPoint;
        float* band = Workspace.Get(Workspace.Slot.TileImage, Math.Max(0, bottom - top) * rowFloats);
        for (int h = top; h < bottom; h++)
        {
            Source(_x + ((((nint)image * _s.H) + h) * _s.W * _s.Cin), band + ((h - top) * rowFloats));
        }

        int width = 2 * V.Width, depth = _s.KH * Channels;
        float* products = Workspace.Get(Workspace.Slot.TileProducts, (nint)Points * Tiles * width);
        nint* offsets = (nint*)Workspace.Get(Workspace.Slot.Offsets, 4 * _s.KH);
        Tile t = default;
        t.OuterA = offsets;
        t.OuterB = offsets + _s.KH;
        t.InnerCount = Channels;
        t.StrideRowA = Channels * sizeof(float);
        t.StrideA = sizeof(float);
        for (int row = first; row < last; row++)
        {
            for (int n0 = 0; n0 < _s.Cout; n0 += width)
            {
                int columns = Math.Min(width, _s.Cout - n0), panel = Kernels.Pack.PanelWidth<V>(columns);
                t.OuterCount = Outer(row, top, rowFloats, panel, offsets);
                t.StrideB = t.StrideRowC = panel * sizeof(float);
                t.Columns = panel;
                for (int point = 0; point < Points; point++)
                {
                    t.B = (byte*)(_w + ((nint)n0 * Points * depth) + ((nint)point * depth * panel));
                    Multiply(&t, band + (point * NextPoint), products + ((nint)point * Tiles * panel));
                }

                float* y = _y + (((((nint)image * _s.OutH) + row) * _s.OutW) * _s.Cout) + n0;
                for (int n = 0; n < columns; n += V.Width)
                {
                    if (n + V.Width <= columns)
                    {
                        Results<No>(products + n, panel, y + n, n0 + n, V.Width);
                    }
                    else
                    {
                        Results<Yes>(products + n, panel, y + n, n0 + n, columns - n);
                    }
                }
            }
        }
    }

    /// <summary>The kernel rows that touch the image from a target row on: where their source rows lie in the band, and their weights.</summary>
    private readonly int Outer(int row, int top, nint rowFloats, int panel, nint* offsets)
    {
        int count = 0;
        for (int k = 0; k < _s.KH; k++)
        {
            int h = (row * _s.StrideH) - _s.PadH + k;
            if ((uint)h < (uint)_s.H)
            {
                offsets[count] = (h - top) * rowFloats * sizeof(float);
                offsets[_s.KH + count++] = (nint)k * Channels * panel * sizeof(float);
            }
        }

        return count;
    }

    private readonly void Multiply(Tile* t, float* image, float* products)
    {
        int height = MicroKernel<V>.MaxRows, runs = (Tiles + height - 1) / height, first = 0;
        for (int i = 1; i <= runs; i++)
        {
            int end = (int)((long)Tiles * i / runs);
            t->A = (byte*)image + (first * t->StrideRowA);
            t->C = (byte*)products + (first * t->StrideRowC);
            MicroKernel<V>.Run(end - first, (int)(t->StrideB / (V.Width * sizeof(float))), t);
            first = end;
        }
    }

    /// <summary>A source row with its margins, transformed.</summary>
    private readonly void Source(float* row, float* to)
    {
        // The last tile sees three pairs more than its four.
        int pixels = 2 * ((Tiles * MinimalFilter.Results) + Window - 1), left = Math.Min(_s.PadW, pixels), inside = Math.Min(_s.W, pixels - left);
        float* padded = Workspace.Get(Workspace.Slot.Row, (nint)pixels * _s.Cin);
        ConvCopy.Row(row, inside, _s.Cin, left, pixels - left - inside, padded);
        if (V.Width == 16)
        {
            Pairs<W256>(padded, Channels, Tiles, to, NextPoint);
        }
        else
        {
            Pairs<V>(padded, Channels, Tiles, to, NextPoint);
        }
    }

    /// <summary>Bᵀ d of all tiles of a row: at points p and -p, q and -q from the even and the odd part of what they share.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Pairs<U>(float* from, int channels, int tiles, float* to, nint next)
        where U : struct, IVec<U>
    {
        for (int tile = 0; tile < tiles; tile++, from += MinimalFilter.Results * channels, to += channels)
        {
            // What is written beyond a tile's channels, the next tile overwrites.
            for (int c = 0; c < channels; c += U.Width)
            {
                float* d = from + c, o = to + c;
                U d0 = U.Load(d), d1 = U.Load(d + channels), d2 = U.Load(d + (2 * channels)), d3 = U.Load(d + (3 * channels));
                U d4 = U.Load(d + (4 * channels)), d5 = U.Load(d + (5 * channels)), d6 = U.Load(d + (6 * channels));

                // (x² - p²)(x² - q²) at three places: over x - t it is that of infinity, times x that of t.
                U sum = U.All(-(P * P) - (Q * Q)), product = U.All(P * P * Q * Q);
                U e0 = U.Fma(product, d0, U.Fma(sum, d2, d4)), e1 = U.Fma(product, d1, U.Fma(sum, d3, d5)), e2 = U.Fma(product, d2, U.Fma(sum, d4, d6));
                U.Store(U.Fma(U.All(-T), e0, e1), o);
                U.Store(e1, o + (5 * next));
                U.Store(U.Fma(U.All(-T), e1, e2), o + (6 * next));

                // x (x - t)(x² - q²) at two places; p or -p times the first is added to the second.
                U f2 = U.Fma(U.All(-T), d1, d2), f3 = U.Fma(U.All(-T), d2, d3), f4 = U.Fma(U.All(-T), d3, d4), f5 = U.Fma(U.All(-T), d4, d5);
                U even = U.Fma(U.All(-Q * Q), f3, f5), odd = U.Fma(U.All(-Q * Q), f2, f4);
                U.Store(U.Fma(U.All(P), odd, even), o + next);
                U.Store(U.Fma(U.All(-P), odd, even), o + (2 * next));
                even = U.Fma(U.All(-P * P), f3, f5);
                odd = U.Fma(U.All(-P * P), f2, f4);
                U.Store(U.Fma(U.All(Q), odd, even), o + (3 * next));
                U.Store(U.Fma(U.All(-Q), odd, even), o + (4 * next));
            }
        }
    }

    /// <summary>Aᵀ m of all tiles of a target row, for a register of channels, finished and stored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private readonly void Results<Partial>(float* m, int panel, float* y, int channel, int lanes)
        where Partial : IConst
    {
        nint next = (nint)Tiles * panel, pixel = _s.Cout;
        float* residual = _residual;
        V bias = _bias == null ? V.Zero : V.Load(_bias + channel);
        V least = V.All(_activation == Activation.None ? float.NegativeInfinity : 0), most = V.All(_activation == Activation.Relu6 ? 6f : float.PositiveInfinity);
        for (int left = _s.OutW; left > 0; left -= MinimalFilter.Results, m += panel, y += MinimalFilter.Results * pixel)
        {
            V p = V.Load(m + next), p2 = V.Load(m + (2 * next)), q = V.Load(m + (3 * next)), q2 = V.Load(m + (4 * next)), t = V.Load(m + (5 * next));
            V even = p + p2, odd = p - p2, even2 = q + q2, odd2 = q - q2;
            Finish<Partial>(V.Load(m) + (even + even2) + t, bias, least, most, y, residual, lanes);
            if (left > 1)
            {
                Finish<Partial>(V.Fma(V.All(P), odd, V.Fma(V.All(Q), odd2, V.All(T) * t)), bias, least, most, y + pixel, residual, lanes);
            }

            if (left > 2)
            {
                Finish<Partial>(V.Fma(V.All(P * P), even, V.Fma(V.All(Q * Q), even2, V.All(T * T) * t)), bias, least, most, y + (2 * pixel), residual, lanes);
            }

            if (left > 3)
            {
                V last = V.Fma(V.All(T * T * T), t, V.Load(m + (6 * next)));
                last = V.Fma(V.All(P * P * P), odd, V.Fma(V.All(Q * Q * Q), odd2, last));
                Finish<Partial>(last, bias, least, most, y + (3 * pixel), residual, lanes);
            }
        }
    }

    /// <summary>One result, stored; the one two tiles further is asked for.</summary>
    /// <param name="v">The sum.</param>
    /// <param name="bias">Added to it.</param>
    /// <param name="least">The least result.</param>
    /// <param name="most">The greatest.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="residual">Laid out like the target, or null.</param>
    /// <param name="lanes">Channels where they do not fill a register.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void Finish<Partial>(V v, V bias, V least, V most, float* to, float* residual, int lanes)
        where Partial : IConst
    {
        v += bias;
        if (residual != null)
        {
            v += Lanes<V>.Load<Partial>(residual + (to - _y), lanes);
        }

        Lanes<V>.Store<Partial>(V.AtMost(V.AtLeast(v, least), most), to, lanes);
        Prefetch.Near(to + (2 * MinimalFilter.Results * _s.Cout));
    }
}
