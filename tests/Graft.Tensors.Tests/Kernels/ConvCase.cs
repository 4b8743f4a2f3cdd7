using Graft.Tensors.Kernels;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>A convolution with random images, weights, gradients and epilogue, and what the definition makes of them in double precision.</summary>
internal abstract unsafe class ConvCase : IDisposable
{
    private readonly Guarded _bias;
    private readonly Guarded? _imageBias;
    private readonly Guarded _residual;
    private readonly float[] _dxBefore;
    private readonly float[] _dwBefore;
    private readonly bool _hasBias;
    private readonly bool _hasResidual;

    /// <param name="random">Draws all numbers.</param>
    /// <param name="shape">Sizes.</param>
    /// <param name="plain">Whether there is no epilogue and nothing is accumulated.</param>
    /// <param name="biasesImage">Whether the gradient of the image may get a bias, as a transposed convolution does.</param>
    protected ConvCase(System.Random random, ConvShape shape, bool plain, bool biasesImage = false)
    {
        Sizes = shape;
        X = Guarded.Random((int)shape.InputSize, random);
        Weights = Guarded.Random((int)shape.WeightSize, random);
        Y = Guarded.Random((int)shape.OutputSize, random);
        Dy = Guarded.Random((int)shape.OutputSize, random);
        _residual = Guarded.Random((int)shape.OutputSize, random);
        _bias = Guarded.Random(shape.Cout, random);
        _imageBias = biasesImage ? Guarded.Random(shape.Cin, random) : null;
        Dx = Guarded.Random((int)shape.InputSize, random);
        Dw = Guarded.Random((int)shape.WeightSize, random);
        _dxBefore = Dx.Span.ToArray();
        _dwBefore = Dw.Span.ToArray();
        Accumulate = !plain && random.Next(2) == 0;
        _hasBias = !plain && random.Next(2) == 0;
        _hasResidual = !plain && random.Next(3) == 0;
        Activation = plain ? Activation.None : (Activation)random.Next(3);
    }

    public Guarded X { get; }

    public Guarded Weights { get; }

    public Guarded Y { get; }

    public Guarded Dx { get; }

    public Guarded Dw { get; }

    protected ConvShape Sizes { get; }

    protected Guarded Dy { get; }

    protected bool Accumulate { get; }

    protected Activation Activation { get; }

    protected float* Bias => _hasBias ? _bias.P : null;

    protected float* Residual => _hasResidual ? _residual.P : null;

    protected float* ImageBias => _hasBias && !Accumulate && _imageBias is not null ? _imageBias.P : null;

    public (double[] Y, double[] Dx, double[] Dw) Reference()
    {
        ConvShape s = Sizes;
        int outH = s.OutH, outW = s.OutW;
        var y = new double[s.OutputSize];
        double[] dx = [.. _dxBefore.Select((v, i) => (Accumulate ? (double)v : 0) + (ImageBias == null ? 0 : ImageBias[i % s.Cin]))];
        double[] dw = [.. _dwBefore.Select(v => Accumulate ? (double)v : 0)];
        for (int o = 0; o < y.Length; o++)
        {
            int co = o % s.Cout, ow = o / s.Cout % outW, oh = o / s.Cout / outW % outH, n = o / s.Cout / outW / outH;
            double sum = (_hasBias ? _bias.P[co] : 0) + (_hasResidual ? _residual.P[o] : 0), dy = Dy.P[o];
            for (int tap = 0; tap < s.KH * s.KW; tap++)
            {
                int h = (oh * s.StrideH) - s.PadH + (tap / s.KW * s.DilationH), w = (ow * s.StrideW) - s.PadW + (tap % s.KW * s.DilationW);
                if (h < 0 || h >= s.H || w < 0 || w >= s.W)
                {
                    continue;
                }

                int xi = ((((n * s.H) + h) * s.W) + w) * s.Cin + (co / s.GroupOut * s.GroupIn), wi = (tap * s.GroupIn * s.Cout) + co;
                for (int c = 0; c < s.GroupIn; c++, wi += s.Cout)
                {
                    sum += (double)X.P[xi + c] * Weights.P[wi];
                    dx[xi + c] += dy * Weights.P[wi];
                    dw[wi] += dy * X.P[xi + c];
                }
            }

            sum = Activation == Activation.None ? sum : Math.Max(sum, 0);
            y[o] = Activation == Activation.Relu6 ? Math.Min(sum, 6) : sum;
        }

        return (y, dx, dw);
    }

    public override string ToString() =>
        $"[{Sizes.N}, {Sizes.H}, {Sizes.W}, {Sizes.Cin}] -> {Sizes.Cout}, kernel {Sizes.KH} x {Sizes.KW}, stride {Sizes.StrideH} x {Sizes.StrideW}, "
        + $"pad {Sizes.PadH} x {Sizes.PadW}, dilation {Sizes.DilationH} x {Sizes.DilationW}, groups {Sizes.Groups}, accumulate {Accumulate}, "
        + $"bias {_hasBias}, residual {_hasResidual}, {Activation}";

    public void Dispose()
    {
        foreach (Guarded? block in new[] { X, Weights, Y, Dx, Dw, Dy, _bias, _imageBias, _residual })
        {
            block?.Dispose();
        }
    }

    /// <summary>Result and gradients of a run that begins with the gradients as they were.</summary>
    protected float[][] After(Action run)
    {
        _dxBefore.CopyTo(Dx.Span);
        _dwBefore.CopyTo(Dw.Span);
        run();
        return [Y.Span.ToArray(), Dx.Span.ToArray(), Dw.Span.ToArray()];
    }
}
