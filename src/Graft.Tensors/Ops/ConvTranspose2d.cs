using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Transposed convolution of pictures: what takes a convolution's result back to the size of its picture.</summary>
    /// <param name="weight">Shape [C, O / groups, h, w]; best stored with axis 0 innermost, as parameters are.</param>
    /// <param name="bias">Shape [O], or absent.</param>
    /// <param name="stride">Distance in the result between places of the input; at least 1; absent: 1.</param>
    /// <param name="padding">Rows and columns cut off around the result; at least 0; absent: 0.</param>
    /// <param name="outputPadding">Rows and columns added below and to the right; less than the stride; absent: 0.</param>
    /// <param name="dilation">Distance between the points of the kernel; at least 1; absent: 1.</param>
    /// <param name="groups">Number of groups of channels that see only each other; divides C and O.</param>
    /// <param name="relu">Whether negative results become 0, in the same pass.</param>
    /// <returns>[B, O, H', W'], channels last in memory; H' = (H - 1) stride - 2 padding + dilation (h - 1) + outputPadding + 1.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>Backward: a convolution to the input, to the weight and to the bias. Keeps the input, and the result where relu.</remarks>
    public Tensor ConvTranspose2d(
        Tensor weight, Tensor? bias = null, Pair? stride = null, Pair? padding = null, Pair? outputPadding = null, Pair? dilation = null,
        int groups = 1, bool relu = false) =>
        ConvTranspose2dOperation.Apply(
            this, weight, bias, stride ?? 1, padding ?? 0, outputPadding ?? 0, dilation ?? 1, Check.AtLeast(1, groups), relu);
}

internal sealed unsafe class ConvTranspose2dOperation : Operation
{
    private static readonly ConvTranspose2dOperation Instance = new();

    public override string Name => "ConvTranspose2d";

    public static Tensor Apply(
        Tensor pictures, Tensor weight, Tensor? bias, Pair stride, Pair padding, Pair outputPadding, Pair dilation, int groups, bool relu)
    {
        // Seen as the convolution that it transposes: this result is its picture, this input is its result.
        Node w = Conv2dOperation.Weight(weight, "ConvTranspose2d");
        int outputs = w.Shape[1] * groups;
        string Who() => $"ConvTranspose2d({w.Shape[0]} -> {outputs}, {new Pair(w.Shape[2], w.Shape[3])})";
        if (pictures.Rank != 4 || pictures.Shape[1] != w.Shape[0])
        {
            throw new ShapeException(Who(), $"input [B, {w.Shape[0]}, H, W]", pictures.Shape.ToString());
        }

        if (w.Shape[0] % groups != 0)
        {
            throw new ShapeException(Who(), $"a number of input channels that {groups} groups divide", $"{w.Shape[0]}");
        }

        Check.Within(0, stride.Height - 1, outputPadding.Height, nameof(outputPadding));
        Check.Within(0, stride.Width - 1, outputPadding.Width, nameof(outputPadding));
        Node x = PictureLayout.ChannelsLast(pictures, "ConvTranspose2d");
        int high = Size(x.Shape[2], stride.Height, padding.Height, dilation.Height, w.Shape[2], outputPadding.Height);
        int wide = Size(x.Shape[3], stride.Width, padding.Width, dilation.Width, w.Shape[3], outputPadding.Width);
        if (high < 1 || wide < 1)
        {
            throw new ShapeException(Who(), "a picture that leaves something after the padding is cut off", pictures.Shape.ToString());
        }

        var shape = Shape.Create([x.Shape[0], outputs, high, wide]);
        ConvShape s = Conv2dOperation.Sizes(shape, w.Shape, stride, padding, dilation, groups);
        Node? b = Conv2dOperation.Bias(bias, outputs, "ConvTranspose2d");
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x, w, b);
        Conv2dOperation.Keep(y, stride, padding, dilation, groups, relu);
        Conv.BackwardData(s, x.Data, w.Data, y.Data, false, b is null ? null : b.Data, relu ? Activation.Relu : Activation.None);
        Tape.Current.Trace?.Note(
            "ConvTranspose2d", y, [x, w, b], ("stride", stride), ("padding", padding), ("outputPadding", outputPadding), ("dilation", dilation), ("groups", groups), ("relu", relu));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, w = y.B!;
        ConvShape s = Conv2dOperation.Kept(y, y.Shape, w.Shape);
        if (y.Ints[7] != 0)
        {
            RectifierMask.Apply(y);
        }

        if (w.RequiresGrad)
        {
            bool add = w.BeginGrad();
            Conv.BackwardWeight(s, y.Grad, x.Data, w.Grad, add);
        }

        Conv2dOperation.BackwardBias(y);
        if (x.RequiresGrad)
        {
            bool add = x.BeginGrad();
            Conv.Forward(s, y.Grad, w.Data, x.Grad, residual: add ? x.Grad : null);
        }
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, w = y.B!;
        ConvShape s = Conv2dOperation.Kept(y, y.Shape, w.Shape);
        y.BeginGrad();
        bool isBegun = Conv2dOperation.TangentBias(y);
        if (x.RequiresGrad)
        {
            Conv.BackwardData(s, x.Grad, w.Data, y.Grad, isBegun);
            isBegun = true;
        }

        if (w.RequiresGrad)
        {
            Conv.BackwardData(s, x.Data, w.Grad, y.Grad, isBegun);
        }

        if (y.Ints[7] != 0)
        {
            RectifierMask.Apply(y);
        }
    }

    private static int Size(int input, int stride, int padding, int dilation, int kernel, int more) =>
        ((input - 1) * stride) - (2 * padding) + (dilation * (kernel - 1)) + more + 1;
}
