using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>y = act(x · scale[c] + shift[c] + residual) over rows [rows, C], and its gradient: the last step of batch and group normalization.</summary>
internal static unsafe class NormApply<V>
    where V : struct, IVec<V>
{
    /// <summary>Forward; in place allowed.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="scale">C numbers.</param>
    /// <param name="shift">C numbers.</param>
    /// <param name="residual">[rows, C] or null.</param>
    /// <param name="activation">Applied last.</param>
    /// <param name="y">[rows, C].</param>
    /// <param name="far">Whether y is so much that it is better written past the cache.</param>
    public static void Forward(
        nint rows, int channels, float* x, float* scale, float* shift, float* residual, Activation activation, float* y, bool far = false)
    {
        if (residual != null)
        {
            Forward<Yes, No>(rows, channels, x, scale, shift, residual, activation, y);
        }
        else if (far && PastCache.Fits<V>(y, channels))
        {
            Forward<No, Yes>(rows, channels, x, scale, shift, null, activation, y);
            PastCache.Arrived();
        }
        else
        {
            Forward<No, No>(rows, channels, x, scale, shift, null, activation, y);
        }
    }

    /// <summary>dx = a[c] · g + b[c] · (x - k[c]) + d[c], g being dy, or 0 where the output, computed again, does not count; dx may be dy.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="dy">[rows, C].</param>
    /// <param name="gate">What of dy counts; outputs are not looked up here.</param>
    /// <param name="k">C numbers.</param>
    /// <param name="abd">a, b and d: 3 C numbers.</param>
    /// <param name="dx">[rows, C].</param>
    /// <param name="accumulate">Whether dx is added to.</param>
    /// <param name="far">Whether dx is so much that it is better written past the cache; neither dy nor added to.</param>
    public static void Backward(
        nint rows, int channels, float* x, float* dy, in NormGate gate, float* k, float* abd, float* dx, bool accumulate, bool far = false)
    {
        if (far && PastCache.Fits<V>(dx, channels))
        {
            Backward<Yes>(rows, channels, x, dy, gate, k, abd, dx, accumulate);
            PastCache.Arrived();
        }
        else
        {
            Backward<No>(rows, channels, x, dy, gate, k, abd, dx, accumulate);
        }
    }

    private static void Forward<Plus, Far>(nint rows, int channels, float* x, float* scale, float* shift, float* residual, Activation activation, float* y)
        where Plus : IConst
        where Far : IConst
    {
        V least = V.All(activation == Activation.None ? float.NegativeInfinity : 0), most = V.All(NormGate.MostOf(activation));
        for (nint row = 0; row < rows; row++)
        {
            int c = 0;
            for (; c + V.Width <= channels; c += V.Width)
            {
                Affine<Plus, Far, No>(x + c, scale + c, shift + c, residual + c, least, most, y + c, V.Width);
            }

            if (c < channels)
            {
                Affine<Plus, Far, Yes>(x + c, scale + c, shift + c, residual + c, least, most, y + c, channels - c);
            }

            x += channels;
            y += channels;
            residual += channels;
        }
    }

    private static void Backward<Far>(nint rows, int channels, float* x, float* dy, in NormGate gate, float* k, float* abd, float* dx, bool accumulate)
        where Far : IConst
    {
        if (gate.Scale == null)
        {
            Backward<Far, No>(rows, channels, x, dy, gate, k, abd, dx, accumulate);
        }
        else
        {
            Backward<Far, Yes>(rows, channels, x, dy, gate, k, abd, dx, accumulate);
        }
    }

    private static void Backward<Far, Gated>(nint rows, int channels, float* x, float* dy, in NormGate gate, float* k, float* abd, float* dx, bool accumulate)
        where Far : IConst
        where Gated : IConst
    {
        V most = V.All(gate.Most);
        float* scale = gate.Scale, shift = gate.Shift;
        for (nint row = 0; row < rows; row++)
        {
            int c = 0;
            for (; c + V.Width <= channels; c += V.Width)
            {
                Gradient<Far, Gated, No>(x + c, dy + c, scale + c, shift + c, most, k + c, abd + c, channels, dx + c, accumulate, V.Width);
            }

            if (c < channels)
            {
                Gradient<Far, Gated, Yes>(x + c, dy + c, scale + c, shift + c, most, k + c, abd + c, channels, dx + c, accumulate, channels - c);
            }

            x += channels;
            dy += channels;
            dx += channels;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Affine<Plus, Far, Partial>(float* x, float* scale, float* shift, float* residual, V least, V most, float* y, int count)
        where Plus : IConst
        where Far : IConst
        where Partial : IConst
    {
        V v = V.Fma(Lanes<V>.Load<Partial>(x, count), Lanes<V>.Load<Partial>(scale, count), Lanes<V>.Load<Partial>(shift, count));
        if (Plus.Value == 1)
        {
            v += Lanes<V>.Load<Partial>(residual, count);
        }

        v = V.AtMost(V.AtLeast(v, least), most);
        if (Far.Value == 1)
        {
            V.StoreFar(v, y);
        }
        else
        {
            Lanes<V>.Store<Partial>(v, y, count);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Gradient<Far, Gated, Partial>(
        float* x, float* dy, float* scale, float* shift, V most, float* k, float* abd, int channels, float* dx, bool accumulate, int count)
        where Far : IConst
        where Gated : IConst
        where Partial : IConst
    {
        V g = Lanes<V>.Load<Partial>(dy, count), value = Lanes<V>.Load<Partial>(x, count);
        if (Gated.Value == 1)
        {
            V z = V.Fma(value, Lanes<V>.Load<Partial>(scale, count), Lanes<V>.Load<Partial>(shift, count));
            g = V.And(V.And(V.Greater(z, V.Zero), V.Greater(most, z)), g);
        }

        V v = V.Fma(Lanes<V>.Load<Partial>(abd, count), g, Lanes<V>.Load<Partial>(abd + (2 * channels), count));
        v = V.Fma(Lanes<V>.Load<Partial>(abd + channels, count), value - Lanes<V>.Load<Partial>(k, count), v);
        if (Far.Value == 1)
        {
            V.StoreFar(v, dx);
        }
        else
        {
            Lanes<V>.Store<Partial>(accumulate ? v + Lanes<V>.Load<Partial>(dx, count) : v, dx, count);
        }
    }
}
