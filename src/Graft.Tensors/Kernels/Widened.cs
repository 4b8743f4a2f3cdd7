namespace Graft.Tensors.Kernels;

/// <summary>A 1 x 1 convolution that widens pictures, its normalization and rectifier, and a depthwise 3 x 3 convolution behind them, in training: the wide pictures between
/// them, most of the memory of an inverted bottleneck, exist a few rows at a time, forward and backward.</summary>
/// <remarks>
/// <para>What makes it possible is that x · w is linear: with m the means and C the covariances of the few channels of x, the wide channels have the means m · w and the
/// variances diag(wᵀ C w), so that they are known before a single wide number is computed, and the normalized ones are one product: z = (x - m) · (w a) + beta, with
/// a = gamma / deviation. Backward likewise: of the gradient g of z the sums that its normalization needs follow from G = (x - m)ᵀ · g and the sums of g, both of which
/// add up on the way, and so do the gradients of the weights and, but for a correction, of the pictures:</para>
/// <para>dgamma = diag(wᵀ G) / deviation, dbeta = sum(g), b = - a dgamma / (n deviation), d = - a dbeta / n,
/// dw = G a + n C w b, dx = g · (w a)ᵀ + (x - m) · (w b wᵀ) + w d.</para>
/// </remarks>
internal static unsafe class Widened
{
    // Floats of wide pictures that are out of the cache before anybody reads them, and narrow channels whose covariances are a small part of the work.
    private const long FarAway = 2 << 20;
    private const int MostChannels = 64;

    /// <summary>Whether it pays, or, without widening, to keep what the filter gives and not what its normalization makes of it.</summary>
    public static bool Pays(in InvertedShape s, bool widens) =>
        s.WideBytes >= FarAway * sizeof(float) && (!widens || (s.Cin <= MostChannels && 2 * s.Cin <= s.Wide));

    /// <summary>Means and covariances of x, and means and variances of the wide channels.</summary>
    public static void Moments(in InvertedShape s, in WidenedParts p, float* mean, float* variance)
    {
        if (Width.Is512)
        {
            WidenedForward<W512>.Moments(s, p, mean, variance);
        }
        else if (Width.Is256)
        {
            WidenedForward<W256>.Moments(s, p, mean, variance);
        }
        else
        {
            WidenedForward<W128>.Moments(s, p, mean, variance);
        }
    }

    /// <summary>y = filter(act(norm(widen(x)))), and the mean and variance of each of its channels.</summary>
    public static void Forward(in InvertedShape s, in WidenedParts p, float* y, float* mean, float* variance)
    {
        if (Width.Is512)
        {
            WidenedForward<W512>.Run(s, p, y, mean, variance);
        }
        else if (Width.Is256)
        {
            WidenedForward<W256>.Run(s, p, y, mean, variance);
        }
        else
        {
            WidenedForward<W128>.Run(s, p, y, mean, variance);
        }
    }

    /// <summary>All gradients, from that of the result of the normalization behind the filter.</summary>
    /// <param name="s">Sizes.</param>
    /// <param name="p">Parts.</param>
    /// <param name="behind">The normalization behind the filter; of the images and weights nothing.</param>
    /// <param name="g">Where they go.</param>
    public static void Backward(in InvertedShape s, in WidenedParts p, in ConvNormGradient behind, in WidenedGradient g)
    {
        if (Width.Is512)
        {
            Backward<W512>(s, p, behind, g);
        }
        else if (Width.Is256)
        {
            Backward<W256>(s, p, behind, g);
        }
        else
        {
            Backward<W128>(s, p, behind, g);
        }
    }

    private static void Backward<V>(in InvertedShape s, in WidenedParts p, in ConvNormGradient behind, in WidenedGradient g)
        where V : struct, IVec<V>
    {
        NormSlope slope = NormBatch.Slope<V>(
            (nint)s.N * s.OutH * s.OutW, s.Wide, behind.Between, behind.Dy, behind.Activation, null, behind.Mean, behind.Inverse, behind.Gamma, behind.Beta, true,
            behind.Dgamma, behind.Dbeta, behind.AddParameters, behind.Sums);
        WidenedBackward<V>.Run(s, p, slope, g);
    }
}

/// <summary>What widened and filtered pictures are computed from.</summary>
internal unsafe struct WidenedParts
{
    /// <summary>[N, H, W, Cin].</summary>
    public float* X;

    /// <summary>Its means, Cin numbers; with its covariances written by <see cref="Widened.Moments"/>.</summary>
    public float* Middle;

    /// <summary>[Cin, Cin].</summary>
    public float* Covariance;

    /// <summary>[Cin, Wide].</summary>
    public float* Widen;

    /// <summary>1 / deviation of each wide channel.</summary>
    public float* Inverse;
    public float* Gamma;
    public float* Beta;

    /// <summary>ReLU or ReLU6.</summary>
    public Activation Activation;

    /// <summary>[3, 3, 1, Wide].</summary>
    public float* Filter;

    /// <summary>w a: the weights with the normalization in them, [Cin, Wide]; valid until this thread asks again.</summary>
    public readonly float* Folded(in InvertedShape s)
    {
        float* folded = Workspace.Get(Workspace.Slot.Folded, (nint)s.Cin * s.Wide);
        for (int k = 0; k < s.Cin; k++)
        {
            nint row = (nint)k * s.Wide;
            for (int c = 0; c < s.Wide; c++)
            {
                folded[row + c] = Widen[row + c] * (Gamma[c] * Inverse[c]);
            }
        }

        return folded;
    }
}

/// <summary>Where the gradients of <see cref="WidenedParts"/> go; each may be null.</summary>
internal unsafe struct WidenedGradient
{
    public float* Dx;
    public bool AddX;
    public float* Dwiden;
    public bool AddWiden;
    public float* Dgamma;
    public float* Dbeta;
    public bool AddParameters;
    public float* Dfilter;
    public bool AddFilter;
}
