namespace Graft.Tensors.Kernels;

/// <summary>A convolution and a batch normalization behind it, in training: as few passes over memory as their shape allows.</summary>
/// <remarks>Forward, statistics are summed while the convolution's results are in the cache (<see cref="ConvStatistics{V}"/>). Backward, the gradient
/// between the two is never in memory where <see cref="PointwiseBackward{V}"/> or <see cref="DepthwiseBackward{V}"/> can do it; elsewhere it may take the place of
/// the gradient that came in.</remarks>
internal static unsafe class ConvNorm
{
    // Floats of image and result below which steps one after the other, out of the cache, are as good.
    private const int FarAway = 4 << 20;

    /// <summary>y = x * w; mean and variance of each of its channels.</summary>
    public static void Forward(in ConvShape s, float* x, float* w, float* y, float* mean, float* variance)
    {
        if (Width.Is512)
        {
            Forward<W512>(s, x, w, y, mean, variance);
        }
        else if (Width.Is256)
        {
            Forward<W256>(s, x, w, y, mean, variance);
        }
        else
        {
            Forward<W128>(s, x, w, y, mean, variance);
        }
    }

    /// <summary>Whether the gradient between the two needs room in memory.</summary>
    public static bool NeedsRoom(in ConvShape s) => Width.Is512 ? NeedsRoom<W512>(s) : Width.Is256 ? NeedsRoom<W256>(s) : NeedsRoom<W128>(s);

    /// <summary>All gradients; see <see cref="ConvNormGradient"/>.</summary>
    public static void Backward(in ConvShape s, in ConvNormGradient g)
    {
        if (Width.Is512)
        {
            Backward<W512>(s, g);
        }
        else if (Width.Is256)
        {
            Backward<W256>(s, g);
        }
        else
        {
            Backward<W128>(s, g);
        }
    }

    private static void Forward<V>(in ConvShape s, float* x, float* w, float* y, float* mean, float* variance)
        where V : struct, IVec<V>
    {
        if (ConvStatistics<V>.Pays(s))
        {
            ConvStatistics<V>.Run(s, x, w, y, mean, variance);
            return;
        }

        Conv.Forward(s, x, w, y);
        NormBatch.Statistics(s.OutputSize / s.Cout, s.Cout, y, mean, variance);
    }

    private static bool NeedsRoom<V>(in ConvShape s)
        where V : struct, IVec<V> =>
        !PointwiseBackward<V>.Pays(s) && !(DepthwiseBackward<V>.Fits(s) && s.InputSize + s.OutputSize >= FarAway);

    private static void Backward<V>(in ConvShape s, in ConvNormGradient g)
        where V : struct, IVec<V>
    {
        nint rows = s.OutputSize / s.Cout;
        if ((g.Dx == null && g.Dw == null) || !NeedsRoom<V>(s))
        {
            NormSlope slope = NormBatch.Slope<V>(
                rows, s.Cout, g.Between, g.Dy, g.Activation, null, g.Mean, g.Inverse, g.Gamma, g.Beta, true, g.Dgamma, g.Dbeta, g.AddParameters, g.Sums);
            if (g.Dx == null && g.Dw == null)
            {
                return;
            }

            if (PointwiseBackward<V>.Pays(s))
            {
                PointwiseBackward<V>.Run(s, g.X, slope, g.W, g.Dx, g.AddX, g.Dw, g.AddW);
            }
            else
            {
                DepthwiseBackward<V>.Run(s, g.X, null, g.W, g.Dx, g.AddX, g.Dw, g.AddW, slope);
            }

            return;
        }

        NormBatch.Backward(
            rows, s.Cout, g.Between, g.Dy, g.Activation, null, g.Mean, g.Inverse, g.Gamma, g.Beta, true, g.Room, false, g.Dgamma, g.Dbeta, g.AddParameters);
        if (g.Dx != null && g.Dw != null)
        {
            Conv.Backward(s, g.X, g.Room, g.W, g.Dx, g.AddX, g.Dw, g.AddW);
        }
        else if (g.Dx != null)
        {
            Conv.BackwardData(s, g.Room, g.W, g.Dx, g.AddX);
        }
        else
        {
            Conv.BackwardWeight(s, g.X, g.Room, g.Dw, g.AddW);
        }
    }
}

/// <summary>What goes into the gradients of a convolution and a batch normalization behind it, and where they go.</summary>
internal unsafe struct ConvNormGradient
{
    /// <summary>The images.</summary>
    public float* X;

    /// <summary>The weights.</summary>
    public float* W;

    /// <summary>The convolution's result.</summary>
    public float* Between;

    /// <summary>The gradient of the normalization's result.</summary>
    public float* Dy;

    /// <summary>Where the gradient between the two goes if it must; may be <see cref="Dy"/>, which is lost then.</summary>
    public float* Room;
    public Activation Activation;
    public float* Mean;
    public float* Inverse;
    public float* Gamma;
    public float* Beta;

    /// <summary>Of the images, or null.</summary>
    public float* Dx;
    public bool AddX;

    /// <summary>Of the weights, or null.</summary>
    public float* Dw;
    public bool AddW;

    /// <summary>Of gamma, or null; of beta likewise.</summary>
    public float* Dgamma;
    public float* Dbeta;
    public bool AddParameters;

    /// <summary>The sums over all rows that these need, where they are known already; or null.</summary>
    public double* Sums;
}
