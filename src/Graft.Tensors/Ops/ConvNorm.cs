using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>A convolution and a batch normalization behind it that learns: y = act(norm(x * w) + residual), one op, so that both share their passes over memory.</summary>
/// <remarks>Keeps x, the convolution's result and two numbers a channel, and y with a residual and a rectifier. Backward: see <see cref="ConvNorm"/>; each gradient is that of
/// the two ops one after the other, up to rounding.</remarks>
internal sealed unsafe class ConvNormOperation : Operation
{
    private static readonly ConvNormOperation Instance = new();

    public override string Name => "ConvNorm";

    /// <summary>Computes it, and moves the running statistics.</summary>
    /// <param name="pictures">Shape [B, C, H, W].</param>
    /// <param name="conv">The convolution.</param>
    /// <param name="norm">The normalization.</param>
    /// <param name="momentum">Share of the batch in the running statistics.</param>
    /// <param name="rectifier">What becomes of the results.</param>
    /// <param name="residual">The result's shape, or absent.</param>
    /// <returns>Shape [B, O, H', W'], or null where the two are better computed apart: who traces is told of each, and some have biases or no factors.</returns>
    public static Tensor? Apply(Tensor pictures, in ConvParts conv, in NormConstants norm, float momentum, Rectifier rectifier, Tensor? residual)
    {
        if (Tape.Current.Trace is not null || conv.Bias is not null || norm.Scale is null || norm.Shift is null || (residual is not null && rectifier != Rectifier.None))
        {
            return null;
        }

        Node w = Conv2dOperation.Weight(conv.Weight, "Conv2d");
        ConvShape s = Conv2dOperation.Checked(pictures, w, conv.Stride, conv.Padding, conv.Dilation, conv.Groups);
        Node x = PictureLayout.ChannelsLast(pictures, "Conv2d");
        nint rows = s.OutputSize / s.Cout;
        var shape = Shape.Create([s.N, s.Cout, s.OutH, s.OutW]);
        if (rows < 2 || (residual is { } given && given.Shape != shape))
        {
            return null;
        }

        var parts = new NormNodes(norm, s.Cout);
        Node? r = residual is { } added ? PictureLayout.ChannelsLast(added, "BatchNorm") : null;
        Node between = Tape.Current.New(shape, shape.ChannelsLast(), null);
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x, w, parts.Scale);
        Tape.Current.AddParents(y, r is null ? [parts.Shift] : [parts.Shift, r], Instance);
        Shape pair = [2, s.Cout];
        Node used = Tape.Current.New(pair, pair.RowMajor(), null);
        y.Saved = used;
        y.Saved2 = between;
        y.I0 = (int)rectifier.Activation();
        Conv2dOperation.Keep(y, conv.Stride, conv.Padding, conv.Dilation, conv.Groups, relu: false);

        ConvNorm.Forward(s, x.Data, w.Data, between.Data, used.Data, used.Data + s.Cout);
        BatchNormOperation.MoveRunning(parts.Mean, parts.Variance, used.Data, used.Data + s.Cout, rows, momentum, norm.Epsilon);
        NormBatch.Forward(
            rows, s.Cout, between.Data, used.Data, used.Data + s.Cout, parts.Scale.Data, parts.Shift.Data, NormParts.Data(r), rectifier.Activation(), y.Data);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, w = y.B!, beta = y.More![0];
        Node? r = y.MoreCount > 1 && y.More![1].RequiresGrad ? y.More[1] : null;
        var g = new ConvNormGradient
        {
            X = x.Data,
            W = w.Data,
            Between = y.Saved2!.Data,
            Dy = y.Grad,
            Activation = (Activation)y.I0,
            Mean = y.Saved!.Data,
            Inverse = y.Saved.Data + y.Shape[1],
            Gamma = y.C!.Data,
            Beta = beta.Data,
        };
        g.AddParameters = NormParts.Open(y.C, beta, out g.Dgamma, out g.Dbeta);
        if (w.RequiresGrad)
        {
            g.AddW = w.BeginGrad();
            g.Dw = w.Grad;
        }

        if (x.RequiresGrad)
        {
            g.AddX = x.BeginGrad();
            g.Dx = x.Grad;
        }

        ConvShape s = Conv2dOperation.Kept(y, x.Shape, w.Shape);
        if (r is null)
        {
            g.Room = g.Dy;
            ConvNorm.Backward(s, g);
            return;
        }

        // The residual's gradient is that of the result, which must stay as it is.
        using (var room = new Scratch(ConvNorm.NeedsRoom(s) ? y.Count : 0))
        {
            g.Room = room.Data;
            ConvNorm.Backward(s, g);
        }

        if (!r.TakeGradOf(y))
        {
            bool add = r.BeginGrad();
            Copy.Run(y.Grad, y.Shape, y.Strides, r.Grad, r.Strides, add);
        }
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, w = y.B!, gamma = y.C!, beta = y.More![0];
        ConvShape s = Conv2dOperation.Kept(y, x.Shape, w.Shape);
        float* between = y.Saved2!.Data, mean = y.Saved!.Data, inverse = mean + s.Cout;
        y.BeginGrad();
        float* sum = null;
        if (Inner(s, x.Data, x.RequiresGrad ? x.Grad : null, w.Data, w.RequiresGrad ? w.Grad : null, between, mean, inverse, gamma.Data, y.Grad))
        {
            sum = y.Grad;
        }

        if (y.MoreCount > 1 && y.More![1] is { RequiresGrad: true } r)
        {
            Copy.Run(r.Grad, r.Shape, r.Strides, y.Grad, y.Strides, accumulate: sum != null);
            sum = y.Grad;
        }

        Affine(y.Count / s.Cout, s.Cout, between, mean, inverse, gamma, beta, sum, y.Grad);
        if (y.I0 != 0)
        {
            RectifierMask.Apply(y, (Activation)y.I0);
        }
    }

    /// <summary>The directional derivative of norm(x * w), from those of x and w.</summary>
    /// <param name="s">The convolution.</param>
    /// <param name="x">Images.</param>
    /// <param name="dx">Their derivative, or null.</param>
    /// <param name="w">Weights.</param>
    /// <param name="dw">Their derivative, or null.</param>
    /// <param name="between">x * w.</param>
    /// <param name="mean">Of each channel.</param>
    /// <param name="inverse">1 / deviation.</param>
    /// <param name="gamma">Factors.</param>
    /// <param name="to">Laid out like the result.</param>
    /// <returns>Whether there is any: else nothing was written.</returns>
    internal static bool Inner(
        in ConvShape s, float* x, float* dx, float* w, float* dw, float* between, float* mean, float* inverse, float* gamma, float* to)
    {
        if (dx == null && dw == null)
        {
            return false;
        }

        using var inner = new Scratch(s.OutputSize);
        if (dx != null)
        {
            Conv.Forward(s, dx, w, inner.Data);
        }

        if (dw != null)
        {
            Conv.Forward(s, x, dw, inner.Data, residual: dx == null ? null : inner.Data);
        }

        // The matrix of derivatives of a normalization by its input is symmetric.
        NormBatch.Backward(
            s.OutputSize / s.Cout, s.Cout, between, inner.Data, Activation.None, null, mean, inverse, gamma, null, true, to, false, null, null, false);
        return true;
    }

    /// <summary>Adds the part of factors and shifts to a directional derivative.</summary>
    /// <param name="rows">Rows.</param>
    /// <param name="channels">Channels.</param>
    /// <param name="between">What is normalized.</param>
    /// <param name="mean">Of each channel.</param>
    /// <param name="inverse">1 / deviation.</param>
    /// <param name="gamma">Factors.</param>
    /// <param name="beta">Shifts.</param>
    /// <param name="sum">What it is added to, or null: nothing.</param>
    /// <param name="to">May be <paramref name="sum"/>.</param>
    /// <returns>Whether there is any: else nothing was written.</returns>
    internal static bool Affine(nint rows, int channels, float* between, float* mean, float* inverse, Node gamma, Node beta, float* sum, float* to)
    {
        if (!gamma.RequiresGrad && !beta.RequiresGrad)
        {
            return false;
        }

        using var zeros = new Scratch(channels);
        new Span<float>(zeros.Data, channels).Clear();
        NormBatch.Forward(
            rows, channels, between, mean, inverse, gamma.RequiresGrad ? gamma.Grad : zeros.Data, beta.RequiresGrad ? beta.Grad : zeros.Data, sum, Activation.None, to);
        return true;
    }
}
