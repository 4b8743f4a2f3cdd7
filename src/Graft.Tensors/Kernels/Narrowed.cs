namespace Graft.Tensors.Kernels;

/// <summary>A 1 x 1 convolution of pictures that go through a normalization and a rectifier first, in training: what it is given is never in memory, only what that is
/// computed from.</summary>
/// <remarks>Forward, a block of pixels is normalized and multiplied while it is in the cache. Backward it is computed again for the gradient of the weights, and the sums that
/// the normalization's own gradients need add up while the pictures' gradient is in the cache, so that nobody reads it for them.</remarks>
internal static unsafe class Narrowed
{
    /// <summary>y = act(norm(x)) * w; mean and variance of each of its channels.</summary>
    /// <param name="s">Sizes of a 1 x 1 convolution.</param>
    /// <param name="middle">The normalization and x: between, activation, mean, inverse, gamma, beta.</param>
    /// <param name="w">[Cin, Cout].</param>
    /// <param name="y">The result.</param>
    /// <param name="mean">Cout numbers.</param>
    /// <param name="variance">Cout numbers.</param>
    public static void Forward(in ConvShape s, in ConvNormGradient middle, float* w, float* y, float* mean, float* variance)
    {
        NormGate through = Through(s.Cin, middle, out _);
        if (Width.Is512)
        {
            ConvStatistics<W512>.Run(s, middle.Between, w, y, mean, variance, through: through);
        }
        else if (Width.Is256)
        {
            ConvStatistics<W256>.Run(s, middle.Between, w, y, mean, variance, through: through);
        }
        else
        {
            ConvStatistics<W128>.Run(s, middle.Between, w, y, mean, variance, through: through);
        }
    }

    /// <summary>Gradients of what the convolution was given, its weights, and the normalization behind it.</summary>
    /// <param name="s">Sizes of a 1 x 1 convolution.</param>
    /// <param name="middle">As in the forward pass.</param>
    /// <param name="g">The convolution and the normalization behind it, and where gradients go; dx is written, or null.</param>
    /// <returns>With dx, the sums that the gradients of the normalization in the middle need; valid until this thread asks again.</returns>
    public static double* Backward(in ConvShape s, in ConvNormGradient middle, in ConvNormGradient g)
    {
        if (Width.Is512)
        {
            return Backward<W512>(s, middle, g);
        }

        return Width.Is256 ? Backward<W256>(s, middle, g) : Backward<W128>(s, middle, g);
    }

    /// <summary>The same with registers and blocks of choice.</summary>
    internal static double* Backward<V>(in ConvShape s, in ConvNormGradient middle, in ConvNormGradient g, int blockBytes = PointwiseBackward<V>.BlockBytes)
        where V : struct, IVec<V>
    {
        NormGate through = Through(s.Cin, middle, out double* sums);
        NormSlope slope = NormBatch.Slope<V>(
            s.OutputSize / s.Cout, s.Cout, g.Between, g.Dy, g.Activation, null, g.Mean, g.Inverse, g.Gamma, g.Beta, true, g.Dgamma, g.Dbeta, g.AddParameters);
        if (g.Dx != null || g.Dw != null)
        {
            PointwiseBackward<V>.Run(s, middle.Between, slope, g.W, g.Dx, false, g.Dw, g.AddW, blockBytes, through, middle.Mean, sums);
        }

        return sums;
    }

    // What x goes through, and room for two sums a channel.
    private static NormGate Through(int channels, in ConvNormGradient middle, out double* sums)
    {
        sums = (double*)Workspace.Get(Workspace.Slot.Through, 6 * (nint)channels);
        NormGate gate = default;
        gate.Scale = (float*)(sums + (2 * channels));
        gate.Shift = gate.Scale + channels;
        gate.Most = NormGate.MostOf(middle.Activation);
        NormBatch.Affine(channels, middle.Mean, middle.Inverse, middle.Gamma, middle.Beta, gate.Scale, gate.Shift);
        return gate;
    }
}
