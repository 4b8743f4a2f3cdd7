using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>An inverted bottleneck whose normalizations learn, as one op: y = norm(narrow(act(norm(filter(act(norm(widen(x)))))))), and x where that is added.</summary>
/// <remarks>Keeps x, what the filter and the last convolution give, and what normalizations need: nothing of the size of the widened pictures, and nothing that a normalization
/// makes. See <see cref="Widened"/> and <see cref="Narrowed"/> for how, forward and backward; results are those of the ops one after the other, up to rounding. The variances of the
/// widened channels come from covariances: where a channel is what is left of two that nearly cancel, its variance has fewer digits, about 1e-7 of what was cancelled.</remarks>
internal sealed unsafe class LearningBottleneckOperation : Operation
{
    private static readonly LearningBottleneckOperation Instance = new();

    public override string Name => "LearningBottleneck";

    /// <summary>Computes it, and moves the running statistics.</summary>
    /// <param name="pictures">Shape [B, C, H, W].</param>
    /// <param name="widen">A 1 x 1 convolution, or absent.</param>
    /// <param name="filter">A depthwise 3 x 3 convolution with a padding of 1 that moves by 1 or 2.</param>
    /// <param name="narrow">A 1 x 1 convolution.</param>
    /// <param name="rectifier">Behind the first two; not none.</param>
    /// <param name="adds">Whether x is added to the result, which then has its shape.</param>
    /// <param name="always">Also where it does not pay.</param>
    /// <returns>Shape [B, O, H', W'], or null where the ops one after the other are as good, or are needed: who traces is told of each, and some have biases or no factors.</returns>
    public static Tensor? Apply(
        Tensor pictures, in LearningPart? widen, in LearningPart filter, in LearningPart narrow, Rectifier rectifier, bool adds, bool always = false)
    {
        if (Tape.Current.Trace is not null || rectifier == Rectifier.None || widen is { IsPlain: false } || !filter.IsPlain || !narrow.IsPlain || pictures.Rank != 4)
        {
            return null;
        }

        Node? w = widen is { } first ? Conv2dOperation.Weight(first.Conv.Weight, "Conv2d") : null;
        Node f = Conv2dOperation.Weight(filter.Conv.Weight, "Conv2d"), n = Conv2dOperation.Weight(narrow.Conv.Weight, "Conv2d");
        var s = new InvertedShape(
            pictures.Shape[0], pictures.Shape[2], pictures.Shape[3], pictures.Shape[1], f.Shape.Sizes[0], n.Shape.Sizes[0], filter.Conv.Stride.Height);
        if ((widen is { } given && !IsProduct(given.Conv, w!, s.Cin, s.Wide)) || (w is null && s.Cin != s.Wide) || !IsFilter(filter.Conv, f)
            || !IsProduct(narrow.Conv, n, s.Wide, s.Cout) || s.N == 0 || s.H == 0 || s.W == 0 || (long)s.N * s.OutH * s.OutW < 2
            || (adds && (s.Stride != 1 || s.Cin != s.Cout)) || !(always || Widened.Pays(s, w is not null)))
        {
            return null;
        }

        NormNodes middle = new(filter.Norm, s.Wide), last = new(narrow.Norm, s.Cout), inner = widen is { } learning ? new(learning.Norm, s.Wide) : default;
        Node x = PictureLayout.ChannelsLast(pictures, "Conv2d");
        Shape shape = Shape.Create([s.N, s.Cout, s.OutH, s.OutW]), filtered = Shape.Create([s.N, s.Wide, s.OutH, s.OutW]);
        Node between = Tape.Current.New(filtered, filtered.ChannelsLast(), null);

        // The last convolution's result, and behind it the numbers of each channel.
        Shape kept = [shape.Count + Moments.Size(s, w is not null)];
        Node narrowed = Tape.Current.New(kept, kept.RowMajor(), null);
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x, f, n);
        Tape.Current.AddParents(
            y,
            w is null ? [middle.Scale, middle.Shift, last.Scale, last.Shift] : [middle.Scale, middle.Shift, last.Scale, last.Shift, w, inner.Scale, inner.Shift],
            Instance);
        y.Saved = narrowed;
        y.Saved2 = between;
        y.I0 = (int)rectifier.Activation();
        y.I1 = (s.Stride * 2) + (adds ? 1 : 0);

        Moments m = Kept(y, s);
        nint rows = (nint)s.N * s.OutH * s.OutW;
        if (widen is { } part)
        {
            WidenedParts parts = Parts(y, s);
            Widened.Moments(s, parts, m.InnerMean, m.InnerInverse);
            Move(inner, m.InnerMean, m.InnerInverse, (nint)s.N * s.H * s.W, part);
            Widened.Forward(s, parts, between.Data, m.Mean, m.Inverse);
        }
        else
        {
            ConvNorm.Forward(s.Filter, x.Data, f.Data, between.Data, m.Mean, m.Inverse);
        }

        Move(middle, m.Mean, m.Inverse, rows, filter);
        Narrowed.Forward(Narrow(s), Middle(y, s), n.Data, narrowed.Data, m.LastMean, m.LastInverse);
        Move(last, m.LastMean, m.LastInverse, rows, narrow);
        NormBatch.Forward(
            rows, s.Cout, narrowed.Data, m.LastMean, m.LastInverse, last.Scale.Data, last.Shift.Data, adds ? x.Data : null, Activation.None, y.Data);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, f = y.B!, n = y.C!, gamma = y.More![2], beta = y.More[3];
        InvertedShape s = Sizes(y);
        Moments m = Kept(y, s);
        bool widens = y.MoreCount > 4, goesOn = x.RequiresGrad || f.RequiresGrad || y.More[0].RequiresGrad || y.More[1].RequiresGrad;
        for (int i = 4; i < y.MoreCount; i++)
        {
            goesOn |= y.More[i].RequiresGrad;
        }

        using var room = new Scratch(goesOn ? y.Saved2!.Count : 0);
        ConvNormGradient middle = Middle(y, s);
        var last = new ConvNormGradient
        {
            W = n.Data,
            Between = y.Saved!.Data,
            Dy = y.Grad,
            Mean = m.LastMean,
            Inverse = m.LastInverse,
            Gamma = gamma.Data,
            Beta = beta.Data,
            Dx = goesOn ? room.Data : null,
        };
        last.AddParameters = NormParts.Open(gamma, beta, out last.Dgamma, out last.Dbeta);
        last.AddW = Open(n, out last.Dw);
        middle.Sums = Narrowed.Backward(Narrow(s), middle, last);
        if ((y.I1 & 1) != 0 && x.RequiresGrad && !x.TakeGradOf(y))
        {
            bool add = x.BeginGrad();
            Copy.Run(y.Grad, y.Shape, y.Strides, x.Grad, x.Strides, add);
        }

        if (!goesOn)
        {
            return;
        }

        middle.Dy = middle.Room = room.Data;
        middle.AddParameters = NormParts.Open(y.More[0], y.More[1], out middle.Dgamma, out middle.Dbeta);
        if (!widens)
        {
            middle.AddX = Open(x, out middle.Dx);
            middle.AddW = Open(f, out middle.Dw);
            ConvNorm.Backward(s.Filter, middle);
            return;
        }

        WidenedGradient g = default;
        g.AddX = Open(x, out g.Dx);
        g.AddFilter = Open(f, out g.Dfilter);
        g.AddWiden = Open(y.More[4], out g.Dwiden);
        g.AddParameters = NormParts.Open(y.More[5], y.More[6], out g.Dgamma, out g.Dbeta);
        Widened.Backward(s, Parts(y, s), middle, g);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, f = y.B!, n = y.C!;
        InvertedShape s = Sizes(y);
        Moments m = Kept(y, s);
        var activation = (Activation)y.I0;
        bool widens = y.MoreCount > 4;
        y.BeginGrad();
        nint size = widens ? (nint)(s.WideBytes / sizeof(float)) : 0, filtered = y.Saved2!.Count;
        using Scratch wide = new(size), inner = new(size), seen = new(filtered), moved = new(filtered);
        float* seenFirst = x.Data, first = Moved(x);
        if (widens)
        {
            Node w = y.More![4];
            var product = new ConvShape { N = s.N, H = s.H, W = s.W, Cin = s.Cin, Cout = s.Wide };
            using var between = new Scratch(size);
            Conv.Forward(product, x.Data, w.Data, between.Data);
            var norm = new ConvNormGradient
            {
                Between = between.Data,
                Activation = activation,
                Mean = m.InnerMean,
                Inverse = m.InnerInverse,
                Gamma = y.More[5].Data,
                Beta = y.More[6].Data,
            };
            first = Through(product, x.Data, Moved(x), w, norm, y.More[5], y.More[6], wide.Data, inner.Data);
            seenFirst = wide.Data;
        }

        float* second = Through(s.Filter, seenFirst, first, f, Middle(y, s), y.More![0], y.More[1], seen.Data, moved.Data);
        float* result = y.Saved!.Data, sum = null;
        if (ConvNormOperation.Inner(Narrow(s), seen.Data, second, n.Data, Moved(n), result, m.LastMean, m.LastInverse, y.More[2].Data, y.Grad))
        {
            sum = y.Grad;
        }

        if ((y.I1 & 1) != 0 && x.RequiresGrad)
        {
            Copy.Run(x.Grad, x.Shape, x.Strides, y.Grad, y.Strides, accumulate: sum != null);
            sum = y.Grad;
        }

        if (!ConvNormOperation.Affine(y.Count / s.Cout, s.Cout, result, m.LastMean, m.LastInverse, y.More[2], y.More[3], sum, y.Grad) && sum == null)
        {
            new Span<float>(y.Grad, y.Count).Clear();
        }
    }

    /// <summary>What a normalization and rectifier behind a convolution give, and its directional derivative, or null where there is none.</summary>
    private static float* Through(
        in ConvShape s, float* x, float* dx, Node w, in ConvNormGradient norm, Node gamma, Node beta, float* to, float* derivative)
    {
        nint rows = s.OutputSize / s.Cout;
        NormBatch.Forward(rows, s.Cout, norm.Between, norm.Mean, norm.Inverse, norm.Gamma, norm.Beta, null, norm.Activation, to);
        bool moves = ConvNormOperation.Inner(s, x, dx, w.Data, Moved(w), norm.Between, norm.Mean, norm.Inverse, norm.Gamma, derivative);
        moves |= ConvNormOperation.Affine(rows, s.Cout, norm.Between, norm.Mean, norm.Inverse, gamma, beta, moves ? derivative : null, derivative);
        if (!moves)
        {
            return null;
        }

        RectifierMask.Apply(derivative, to, (int)s.OutputSize, norm.Activation);
        return derivative;
    }

    private static bool Open(Node node, out float* gradient)
    {
        bool add = node.RequiresGrad && node.BeginGrad();
        gradient = Moved(node);
        return add;
    }

    // A gradient, or a directional derivative, where there is one.
    private static float* Moved(Node node) => node.RequiresGrad ? node.Grad : null;

    private static void Move(in NormNodes norm, float* mean, float* inverse, nint rows, in LearningPart part) =>
        BatchNormOperation.MoveRunning(norm.Mean, norm.Variance, mean, inverse, rows, part.Momentum, part.Norm.Epsilon);

    private static bool IsProduct(in ConvParts conv, Node w, int channels, int outputs) =>
        w.Shape.Sizes[0] == outputs && w.Shape.Sizes[1] == channels && w.Shape.Sizes[2] == 1 && w.Shape.Sizes[3] == 1
        && conv.Stride == 1 && conv.Padding == 0 && conv.Groups == 1;

    private static bool IsFilter(in ConvParts conv, Node w) =>
        conv.Groups == w.Shape.Sizes[0] && w.Shape.Sizes[1] == 1 && w.Shape.Sizes[2] == 3 && w.Shape.Sizes[3] == 3
        && conv.Padding == 1 && conv.Dilation == 1 && conv.Stride.Height == conv.Stride.Width && conv.Stride.Height <= 2;

    private static InvertedShape Sizes(Node y)
    {
        Shape x = y.A!.Shape;
        return new InvertedShape(x[0], x[2], x[3], x[1], y.Saved2!.Shape[1], y.Shape[1], y.I1 / 2);
    }

    private static ConvShape Narrow(in InvertedShape s) => new() { N = s.N, H = s.OutH, W = s.OutW, Cin = s.Wide, Cout = s.Cout };

    private static Moments Kept(Node y, in InvertedShape s) => new(y.Saved!.Data + y.Count, s);

    private static WidenedParts Parts(Node y, in InvertedShape s)
    {
        Moments m = Kept(y, s);
        return new WidenedParts
        {
            X = y.A!.Data,
            Middle = m.Middle,
            Covariance = m.Covariance,
            Widen = y.More![4].Data,
            Inverse = m.InnerInverse,
            Gamma = y.More[5].Data,
            Beta = y.More[6].Data,
            Activation = (Activation)y.I0,
            Filter = y.B!.Data,
        };
    }

    // The filter and the normalization behind it.
    private static ConvNormGradient Middle(Node y, in InvertedShape s)
    {
        Moments m = Kept(y, s);
        return new ConvNormGradient
        {
            X = y.A!.Data,
            W = y.B!.Data,
            Between = y.Saved2!.Data,
            Activation = (Activation)y.I0,
            Mean = m.Mean,
            Inverse = m.Inverse,
            Gamma = y.More![0].Data,
            Beta = y.More[1].Data,
        };
    }

    /// <summary>What is kept of each channel.</summary>
    private readonly struct Moments(float* numbers, in InvertedShape s)
    {
        private readonly int _cin = s.Cin;
        private readonly int _wide = s.Wide;
        private readonly int _cout = s.Cout;

        public float* Mean => numbers;

        public float* Inverse => Mean + _wide;

        public float* LastMean => Inverse + _wide;

        public float* LastInverse => LastMean + _cout;

        public float* InnerMean => LastInverse + _cout;

        public float* InnerInverse => InnerMean + _wide;

        public float* Middle => InnerInverse + _wide;

        public float* Covariance => Middle + _cin;

        public static int Size(in InvertedShape s, bool widens) => (2 * (s.Wide + s.Cout)) + (widens ? (2 * s.Wide) + s.Cin + (s.Cin * s.Cin) : 0);
    }
}
