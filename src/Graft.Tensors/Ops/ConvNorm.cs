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
        if (Tape.Current.Trace is not null || conv.Bias is not null || norm.Scale is not { } scale || norm.Shift is not { } shift || (residual is not null && rectifier != Rectifier.None))
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

        Node mean = NormParts.Vector(norm.Mean, s.Cout, "BatchNorm", "running means"), variance = NormParts.Vector(norm.Variance, s.Cout, "BatchNorm", "running variances");
        Node gamma = NormParts.Vector(scale, s.Cout, "BatchNorm", "weights"), beta = NormParts.Vector(shift, s.Cout, "BatchNorm", "biases");
        Node? r = residual is { } added ? PictureLayout.ChannelsLast(added, "BatchNorm") : null;
        Node between = Tape.Current.New(shape, shape.ChannelsLast(), null);
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x, w, gamma);
        Tape.Current.AddParents(y, r is null ? [beta] : [beta, r], Instance);
        Shape pair = [2, s.Cout];
        Node used = Tape.Current.New(pair, pair.RowMajor(), null);
        y.Saved = used;
        y.Saved2 = between;
        y.I0 = (int)rectifier.Activation();
        Conv2dOperation.Keep(y, conv.Stride, conv.Padding, conv.Dilation, conv.Groups, relu: false);

        ConvNorm.Forward(s, x.Data, w.Data, between.Data, used.Data, used.Data + s.Cout);
        BatchNormOperation.MoveRunning(mean, variance, used.Data, used.Data + s.Cout, rows, momentum, norm.Epsilon);
        NormBatch.Forward(
            rows, s.Cout, between.Data, used.Data, used.Data + s.Cout, gamma.Data, beta.Data, NormParts.Data(r), rectifier.Activation(), y.Data);
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
        int channels = s.Cout;
        nint rows = y.Count / channels;
        float* between = y.Saved2!.Data, mean = y.Saved!.Data, inverse = mean + channels, sum = null;
        y.BeginGrad();
        if (x.RequiresGrad || w.RequiresGrad)
        {
            using var inner = new Scratch(y.Count);
            if (x.RequiresGrad)
            {
                Conv.Forward(s, x.Grad, w.Data, inner.Data);
            }

            if (w.RequiresGrad)
            {
                Conv.Forward(s, x.Data, w.Grad, inner.Data, residual: x.RequiresGrad ? inner.Data : null);
            }

            // The matrix of derivatives of a normalization by its input is symmetric.
            NormBatch.Backward(
                rows, channels, between, inner.Data, Activation.None, null, mean, inverse, gamma.Data, null, true, y.Grad, false, null, null, false);
            sum = y.Grad;
        }

        if (y.MoreCount > 1 && y.More![1] is { RequiresGrad: true } r)
        {
            Copy.Run(r.Grad, r.Shape, r.Strides, y.Grad, y.Strides, accumulate: sum != null);
            sum = y.Grad;
        }

        if (gamma.RequiresGrad || beta.RequiresGrad)
        {
            using var zeros = new Scratch(channels);
            new Span<float>(zeros.Data, channels).Clear();
            NormBatch.Forward(
                rows, channels, between, mean, inverse, gamma.RequiresGrad ? gamma.Grad : zeros.Data, beta.RequiresGrad ? beta.Grad : zeros.Data, sum,
                Activation.None, y.Grad);
        }

        if (y.I0 != 0)
        {
            RectifierMask.Apply(y, (Activation)y.I0);
        }
    }
}
