using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>A 1 x 1 convolution that widens pictures and a depthwise 3 x 3 convolution behind it, each with a normalization that learns and a rectifier, as one op:
/// y = act(norm(filter(act(norm(widen(x)))))).</summary>
/// <remarks>Keeps x, the filter's result, and what normalizations need; nothing of the size of the widened pictures but those two. See <see cref="Widened"/> for how, forward
/// and backward; results are those of the ops one after the other, up to rounding.</remarks>
internal sealed unsafe class WidenedConvNormOperation : Operation
{
    private static readonly WidenedConvNormOperation Instance = new();

    public override string Name => "WidenedConvNorm";

    /// <summary>Computes it, and moves the running statistics.</summary>
    /// <param name="pictures">Shape [B, C, H, W].</param>
    /// <param name="widen">A 1 x 1 convolution.</param>
    /// <param name="filter">A depthwise 3 x 3 convolution with a padding of 1 that moves by 1 or 2.</param>
    /// <param name="rectifier">Behind both; not none.</param>
    /// <param name="always">Also where it does not pay.</param>
    /// <returns>Shape [B, O, H', W'], or null where the ops one after the other are as good, or are needed: who traces is told of each, and some have biases or no factors.</returns>
    public static Tensor? Apply(Tensor pictures, in LearningPart widen, in LearningPart filter, Rectifier rectifier, bool always = false)
    {
        if (Tape.Current.Trace is not null || rectifier == Rectifier.None || !widen.IsPlain || !filter.IsPlain || pictures.Rank != 4)
        {
            return null;
        }

        Node w = Conv2dOperation.Weight(widen.Conv.Weight, "Conv2d"), f = Conv2dOperation.Weight(filter.Conv.Weight, "Conv2d");
        ConvShape product = Conv2dOperation.Checked(pictures, w, widen.Conv.Stride, widen.Conv.Padding, widen.Conv.Dilation, widen.Conv.Groups);
        var s = new InvertedShape(product.N, product.H, product.W, product.Cin, product.Cout, product.Cout, filter.Conv.Stride.Height);
        if (!product.IsPointwise || !Fits(filter.Conv, f, product.Cout) || (long)s.N * s.OutH * s.OutW < 2 || !(always || Widened.Pays(s)))
        {
            return null;
        }

        int wide = s.Wide;
        NormNodes inner = new(widen.Norm, wide), outer = new(filter.Norm, wide);
        Node x = PictureLayout.ChannelsLast(pictures, "Conv2d");
        var shape = Shape.Create([s.N, wide, s.OutH, s.OutW]);
        Node between = Tape.Current.New(shape, shape.ChannelsLast(), null);
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x, w, f);
        Tape.Current.AddParents(y, [inner.Scale, inner.Shift, outer.Scale, outer.Shift], Instance);
        Shape numbers = [(4 * wide) + s.Cin + (s.Cin * s.Cin)];
        y.Saved = Tape.Current.New(numbers, numbers.RowMajor(), null);
        y.Saved2 = between;
        y.I0 = (int)rectifier.Activation();
        y.I1 = s.Stride;

        Moments kept = new(y.Saved.Data, s);
        WidenedParts parts = Parts(y, s);
        Widened.Moments(s, parts, kept.InnerMean, kept.InnerInverse);
        BatchNormOperation.MoveRunning(
            inner.Mean, inner.Variance, kept.InnerMean, kept.InnerInverse, (nint)s.N * s.H * s.W, widen.Momentum, widen.Norm.Epsilon);
        Widened.Forward(s, parts, between.Data, kept.Mean, kept.Inverse);
        nint rows = y.Count / wide;
        BatchNormOperation.MoveRunning(outer.Mean, outer.Variance, kept.Mean, kept.Inverse, rows, filter.Momentum, filter.Norm.Epsilon);
        NormBatch.Forward(rows, wide, between.Data, kept.Mean, kept.Inverse, outer.Scale.Data, outer.Shift.Data, null, rectifier.Activation(), y.Data);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, w = y.B!, f = y.C!, gamma = y.More![0], beta = y.More[1], scale = y.More[2], shift = y.More[3];
        InvertedShape s = Sizes(y);
        Moments kept = new(y.Saved!.Data, s);
        var behind = new ConvNormGradient
        {
            Between = y.Saved2!.Data,
            Dy = y.Grad,
            Activation = (Activation)y.I0,
            Mean = kept.Mean,
            Inverse = kept.Inverse,
            Gamma = scale.Data,
            Beta = shift.Data,
        };
        behind.AddParameters = NormParts.Open(scale, shift, out behind.Dgamma, out behind.Dbeta);
        WidenedGradient g = default;
        g.AddParameters = NormParts.Open(gamma, beta, out g.Dgamma, out g.Dbeta);
        g.AddX = Open(x, out g.Dx);
        g.AddWiden = Open(w, out g.Dwiden);
        g.AddFilter = Open(f, out g.Dfilter);
        Widened.Backward(s, Parts(y, s), behind, g);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, w = y.B!, f = y.C!;
        InvertedShape s = Sizes(y);
        var product = new ConvShape { N = s.N, H = s.H, W = s.W, Cin = s.Cin, Cout = s.Wide };
        Moments kept = new(y.Saved!.Data, s);
        WidenedParts p = Parts(y, s);
        nint size = product.OutputSize, rows = size / s.Wide;
        var activation = (Activation)y.I0;
        y.BeginGrad();
        using Scratch between = new(size), wide = new(size), inner = new(size);
        Conv.Forward(product, x.Data, w.Data, between.Data);
        NormBatch.Forward(rows, s.Wide, between.Data, kept.InnerMean, p.Inverse, p.Gamma, p.Beta, null, activation, wide.Data);
        bool moves = ConvNormOperation.Inner(product, x.Data, Moved(x), w.Data, Moved(w), between.Data, kept.InnerMean, p.Inverse, p.Gamma, inner.Data);
        moves |= ConvNormOperation.Affine(rows, s.Wide, between.Data, kept.InnerMean, p.Inverse, y.More![0], y.More[1], moves ? inner.Data : null, inner.Data);
        if (moves)
        {
            RectifierMask.Apply(inner.Data, wide.Data, (int)size, activation);
        }

        float* result = y.Saved2!.Data;
        moves = ConvNormOperation.Inner(
            s.Filter, wide.Data, moves ? inner.Data : null, f.Data, Moved(f), result, kept.Mean, kept.Inverse, y.More[2].Data, y.Grad);
        ConvNormOperation.Affine(y.Count / s.Wide, s.Wide, result, kept.Mean, kept.Inverse, y.More[2], y.More[3], moves ? y.Grad : null, y.Grad);
        RectifierMask.Apply(y, activation);
    }

    private static bool Open(Node node, out float* gradient)
    {
        bool add = node.RequiresGrad && node.BeginGrad();
        gradient = Moved(node);
        return add;
    }

    // A gradient, or a directional derivative, where there is one.
    private static float* Moved(Node node) => node.RequiresGrad ? node.Grad : null;

    private static bool Fits(in ConvParts filter, Node f, int wide) =>
        filter.Groups == wide && f.Shape.Sizes[0] == wide && f.Shape.Sizes[1] == 1 && f.Shape.Sizes[2] == 3 && f.Shape.Sizes[3] == 3
        && filter.Padding == 1 && filter.Dilation == 1 && filter.Stride.Height == filter.Stride.Width && filter.Stride.Height <= 2;

    private static InvertedShape Sizes(Node y)
    {
        Shape x = y.A!.Shape;
        int wide = y.Shape[1];
        return new InvertedShape(x[0], x[2], x[3], x[1], wide, wide, y.I1);
    }

    private static WidenedParts Parts(Node y, in InvertedShape s)
    {
        Moments kept = new(y.Saved!.Data, s);
        return new WidenedParts
        {
            X = y.A!.Data,
            Middle = kept.Middle,
            Covariance = kept.Covariance,
            Widen = y.B!.Data,
            Inverse = kept.InnerInverse,
            Gamma = y.More![0].Data,
            Beta = y.More[1].Data,
            Activation = (Activation)y.I0,
            Filter = y.C!.Data,
        };
    }

    /// <summary>What is kept of each channel.</summary>
    private readonly struct Moments(float* numbers, in InvertedShape s)
    {
        private readonly int _wide = s.Wide;
        private readonly int _cin = s.Cin;

        public float* Mean => numbers;

        public float* Inverse => numbers + _wide;

        public float* InnerMean => numbers + (2 * _wide);

        public float* InnerInverse => numbers + (3 * _wide);

        public float* Middle => numbers + (4 * _wide);

        public float* Covariance => Middle + _cin;
    }
}

/// <summary>A convolution and a normalization behind it that learns.</summary>
/// <param name="Conv">The convolution.</param>
/// <param name="Norm">The normalization; its running statistics are moved.</param>
/// <param name="Momentum">Share of the batch in them.</param>
internal readonly record struct LearningPart(ConvParts Conv, NormConstants Norm, float Momentum)
{
    /// <summary>Whether there is no bias, and a factor and a shift.</summary>
    public bool IsPlain => Conv.Bias is null && Norm.Scale is not null && Norm.Shift is not null;
}

/// <summary>The parts of a normalization with a factor and a shift.</summary>
internal readonly struct NormNodes(in NormConstants norm, int channels)
{
    public Node Mean { get; } = NormParts.Vector(norm.Mean, channels, "BatchNorm", "running means");

    public Node Variance { get; } = NormParts.Vector(norm.Variance, channels, "BatchNorm", "running variances");

    public Node Scale { get; } = NormParts.Vector(norm.Scale!.Value, channels, "BatchNorm", "weights");

    public Node Shift { get; } = NormParts.Vector(norm.Shift!.Value, channels, "BatchNorm", "biases");
}
