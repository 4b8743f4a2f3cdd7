using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Graft.Tensors.Kernels;

/// <summary>One or two rows of the gradients of a depthwise 3 x 3 convolution, wherever rows lie; <see cref="DepthwiseBackward{V}"/> says how it goes.</summary>
/// <remarks>Gated: the image is what a rectifier gave, and its gradient becomes 0 where it is not between 0 and the greatest value.</remarks>
internal readonly unsafe struct DepthwiseBackwardRow<V, HasX, HasW, Gated>
    where V : struct, IVec<V>
    where HasX : IConst
    where HasW : IConst
    where Gated : IConst
{
    /// <summary>What image rows are found from.</summary>
    public float* X { get; init; }

    /// <summary>What rows of the image's gradient are found from.</summary>
    public float* Dx { get; init; }

    /// <summary>[3, 3, 1, C].</summary>
    public float* W { get; init; }

    public int Channels { get; init; }

    /// <summary>Columns of the image.</summary>
    public int Width { get; init; }

    /// <summary>Columns of the result.</summary>
    public int OutW { get; init; }

    /// <summary>Columns of zeros left of the image.</summary>
    public int Pad { get; init; }

    /// <summary>Whether dx is added to.</summary>
    public bool Add { get; init; }

    /// <summary>Whether dx is written past the cache.</summary>
    public bool Far { get; init; }

    /// <summary>The greatest value, where gated.</summary>
    public float Most { get; init; }

    /// <summary>Floats from a result row's gradient to another row that is read with it next time; 0 without one.</summary>
    public nint Between { get; init; }

    /// <summary>Image positions along an axis at stride 1, else pairs of them, and the number of the first.</summary>
    public static int Units(int size, int stride, int pad, out int first)
    {
        first = stride == 1 ? 0 : (pad - 1) >> 1;
        return stride == 1 ? size : ((size + pad - 2) >> 1) - first + 1;
    }

    /// <summary>One image row at stride 1: d0, d1 and d2 are the result rows that it meets through kernel rows 0, 1 and 2.</summary>
    public void One(nint at, float* d0, float* d1, float* d2, float* nextDy, float* sums)
    {
        int channels = Channels, width = Width, outW = OutW;
        bool add = Add, far = Far;
        V most = V.All(Most);
        float* nextX = X + at + ((nint)width * channels);
        float* nextDx = Dx + at + ((nint)width * channels);
        nint between = Between;
        for (int c = 0; c < channels; c += V.Width)
        {
            int lanes = Math.Min(V.Width, channels - c);
            float* w = W + c;
            V k00 = V.Load(w), k01 = V.Load(w + channels), k02 = V.Load(w + (2 * channels));
            w += 3 * channels;
            V k10 = V.Load(w), k11 = V.Load(w + channels), k12 = V.Load(w + (2 * channels));
            w += 3 * channels;
            V k20 = V.Load(w), k21 = V.Load(w + channels), k22 = V.Load(w + (2 * channels));
            V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero, s10 = V.Zero, s11 = V.Zero, s12 = V.Zero, s20 = V.Zero, s21 = V.Zero, s22 = V.Zero;
            int column = Pad - 2;
            V a0 = Pixel(d0, column, outW, channels, c), a1 = Pixel(d1, column, outW, channels, c), a2 = Pixel(d2, column, outW, channels, c);
            column++;
            V b0 = Pixel(d0, column, outW, channels, c), b1 = Pixel(d1, column, outW, channels, c), b2 = Pixel(d2, column, outW, channels, c);
            float* x = X + at + c;
            float* dx = Dx + at + c;
            for (int j = width; j > 0; j--)
            {
                column++;
                V c0 = Pixel(d0, column, outW, channels, c), c1 = Pixel(d1, column, outW, channels, c), c2 = Pixel(d2, column, outW, channels, c);
                Fetch(ref nextX, ref nextDx, ref nextDy, between, 1, far);
                V y0 = V.Fma(a2, k22, V.Fma(a1, k12, a0 * k02));
                V y1 = V.Fma(b2, k21, V.Fma(b1, k11, b0 * k01));
                V y2 = V.Fma(c2, k20, V.Fma(c1, k10, c0 * k00));
                V v = Image(x);
                Put(y0 + (y1 + y2), v, dx, lanes, add, far, most);
                s02 = V.Fma(a0, v, s02);
                s01 = V.Fma(b0, v, s01);
                s00 = V.Fma(c0, v, s00);
                s12 = V.Fma(a1, v, s12);
                s11 = V.Fma(b1, v, s11);
                s10 = V.Fma(c1, v, s10);
                s22 = V.Fma(a2, v, s22);
                s21 = V.Fma(b2, v, s21);
                s20 = V.Fma(c2, v, s20);
                (a0, a1, a2, b0, b1, b2) = (b0, b1, b2, c0, c1, c2);
                x += channels;
                dx += channels;
            }

            Sum(s00, s01, s02, sums + c, lanes);
            Sum(s10, s11, s12, sums + c + (3 * channels), lanes);
            Sum(s20, s21, s22, sums + c + (6 * channels), lanes);
        }
    }

    /// <summary>Two image rows at stride 2, top and bottom, either of which may not exist; d0 and d1 are the result rows they meet.</summary>
    public void Two(nint top, nint bottom, float* d0, float* d1, float* nextDy, float* sums)
    {
        int channels = Channels, width = Width, outW = OutW, count = Units(width, 2, Pad, out int first);
        bool add = Add, far = Far;
        V most = V.All(Most);
        nint two = 2 * (nint)width * channels, nextAt = (top < 0 ? bottom - (two / 2) : top) + two;
        float* nextX = X + nextAt;
        float* nextDx = Dx + nextAt;
        nint between = Between;
        for (int c = 0; c < channels; c += V.Width)
        {
            int lanes = Math.Min(V.Width, channels - c);
            float* w = W + c;
            V k00 = V.Load(w), k01 = V.Load(w + channels), k02 = V.Load(w + (2 * channels));
            w += 3 * channels;
            V k10 = V.Load(w), k11 = V.Load(w + channels), k12 = V.Load(w + (2 * channels));
            w += 3 * channels;
            V k20 = V.Load(w), k21 = V.Load(w + channels), k22 = V.Load(w + (2 * channels));
            V s00 = V.Zero, s01 = V.Zero, s02 = V.Zero, s10 = V.Zero, s11 = V.Zero, s12 = V.Zero, s20 = V.Zero, s21 = V.Zero, s22 = V.Zero;
            int u = first, left = (2 * first) - Pad + 1;
            V a0 = Pixel(d0, u, outW, channels, c), a1 = Pixel(d1, u, outW, channels, c);
            for (int i = count; i > 0; i--, left += 2)
            {
                u++;
                V b0 = Pixel(d0, u, outW, channels, c), b1 = Pixel(d1, u, outW, channels, c);
                Fetch(ref nextX, ref nextDx, ref nextDy, between, 4, far);
                nint at = ((nint)left * channels) + c;
                bool hasLeft = (uint)left < (uint)width, hasRight = (uint)(left + 1) < (uint)width;
                if (top >= 0)
                {
                    if (hasLeft)
                    {
                        V v = Image(X + top + at);
                        s11 = V.Fma(v, a0, s11);
                        Put(a0 * k11, v, Dx + top + at, lanes, add, far, most);
                    }

                    if (hasRight)
                    {
                        V v = Image(X + top + at + channels);
                        s10 = V.Fma(v, b0, s10);
                        s12 = V.Fma(v, a0, s12);
                        Put(V.Fma(b0, k10, a0 * k12), v, Dx + top + at + channels, lanes, add, far, most);
                    }
                }

                if (bottom >= 0)
                {
                    if (hasLeft)
                    {
                        V v = Image(X + bottom + at);
                        s01 = V.Fma(v, a1, s01);
                        s21 = V.Fma(v, a0, s21);
                        Put(V.Fma(a1, k01, a0 * k21), v, Dx + bottom + at, lanes, add, far, most);
                    }

                    if (hasRight)
                    {
                        V v = Image(X + bottom + at + channels);
                        s00 = V.Fma(v, b1, s00);
                        s02 = V.Fma(v, a1, s02);
                        s20 = V.Fma(v, b0, s20);
                        s22 = V.Fma(v, a0, s22);
                        Put(V.Fma(b1, k00, a1 * k02) + V.Fma(b0, k20, a0 * k22), v, Dx + bottom + at + channels, lanes, add, far, most);
                    }
                }

                (a0, a1) = (b0, b1);
            }

            Sum(s00, s01, s02, sums + c, lanes);
            Sum(s10, s11, s12, sums + c + (3 * channels), lanes);
            Sum(s20, s21, s22, sums + c + (6 * channels), lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Pixel(float* row, int column, int width, int channels, int c) =>
        (uint)column < (uint)width ? V.Load(row + ((nint)column * channels) + c) : V.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Image(float* x) => HasW.Value == 1 ? V.Load(x) : V.Zero;

    /// <summary>Adds the sums of a kernel row; inlined, as all here: a call would make the JIT keep the sums in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Sum(V s0, V s1, V s2, float* to, int lanes)
    {
        if (HasW.Value == 1)
        {
            V.StoreFirst(s0 + V.LoadFirst(to, lanes), to, lanes);
            to += Channels;
            V.StoreFirst(s1 + V.LoadFirst(to, lanes), to, lanes);
            to += Channels;
            V.StoreFirst(s2 + V.LoadFirst(to, lanes), to, lanes);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Put(V v, V image, float* to, int lanes, bool add, bool far, V most)
    {
        if (HasX.Value == 0)
        {
            return;
        }

        if (Gated.Value == 1)
        {
            v = V.And(V.And(V.Greater(image, V.Zero), V.Greater(most, image)), v);
        }

        if (add)
        {
            v += V.LoadFirst(to, lanes);
        }

        if (far)
        {
            V.StoreFar(v, to);
        }
        else if (lanes == V.Width)
        {
            V.Store(v, to);
        }
        else
        {
            V.StoreFirst(v, to, lanes);
        }
    }

    /// <summary>Asks for a step's share of the rows that come next, line by line in order: the loop touches them too scattered for the hardware to foresee.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Fetch(ref float* x, ref float* dx, ref float* dy, nint between, int lines, bool far)
    {
        if (!Sse.IsSupported)
        {
            return;
        }

        Prefetch.Near(dy);
        if (between != 0)
        {
            Prefetch.Near(dy + between);
        }

        dy += V.Width;
        for (int i = 0; i < lines; i++)
        {
            if (HasW.Value == 1)
            {
                Prefetch.Near(x);
            }

            if (HasX.Value == 1 && !far)
            {
                Prefetch.Near(dx);
            }

            x += V.Width;
            dx += V.Width;
        }
    }
}
