using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Convolution of pictures (cross-correlation, as everywhere in deep learning).</summary>
    /// <param name="weight">Shape [O, C / groups, h, w]; best stored with the outputs innermost, as parameters are.</param>
    /// <param name="bias">Shape [O], or absent.</param>
    /// <param name="stride">Distance between places; at least 1; absent: 1.</param>
    /// <param name="padding">Zeros around the picture; at least 0; absent: 0.</param>
    /// <param name="dilation">Distance between the points of the kernel; at least 1; absent: 1.</param>
    /// <param name="groups">Number of groups of channels that see only each other; divides C and O. C: depthwise.</param>
    /// <param name="relu">Whether negative results become 0, in the same pass.</param>
    /// <returns>[B, O, H', W'] for this tensor of shape [B, C, H, W], channels last in memory; H' = (H + 2 padding - dilation (h - 1) - 1) / stride + 1.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>Backward: to the picture, to the weight (written where it lies) and to the bias. Keeps the picture, and the result where relu.</remarks>
    public Tensor Conv2d(
        Tensor weight, Tensor? bias = null, Pair? stride = null, Pair? padding = null, Pair? dilation = null, int groups = 1, bool relu = false) =>
        Conv2dOperation.Apply(this, weight, bias, stride ?? 1, padding ?? 0, dilation ?? 1, Check.AtLeast(1, groups), relu);

    /// <summary>Convolution of sequences: <see cref="Conv2d"/> with pictures of height 1.</summary>
    /// <param name="weight">Shape [O, C / groups, w].</param>
    /// <param name="bias">Shape [O], or absent.</param>
    /// <param name="stride">Distance between places; at least 1.</param>
    /// <param name="padding">Zeros at both ends; at least 0.</param>
    /// <param name="dilation">Distance between the points of the kernel; at least 1.</param>
    /// <param name="groups">Number of groups of channels that see only each other; divides C and O.</param>
    /// <param name="relu">Whether negative results become 0, in the same pass.</param>
    /// <returns>[B, O, L'] for this tensor of shape [B, C, L].</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    public Tensor Conv1d(Tensor weight, Tensor? bias = null, int stride = 1, int padding = 0, int dilation = 1, int groups = 1, bool relu = false)
    {
        if (Rank != 3 || weight.Rank != 3)
        {
            throw new ShapeException("Conv1d", "input [B, C, L] and a weight [O, C, w]", $"{Shape} and {weight.Shape}");
        }

        return Unsqueeze(2).Conv2d(weight.Unsqueeze(2), bias, (1, stride), (0, padding), (1, dilation), groups, relu).Squeeze(2);
    }
}

internal sealed unsafe class Conv2dOperation : Operation
{
    private static readonly Conv2dOperation Instance = new();

    public override string Name => "Conv2d";

    public static Tensor Apply(Tensor pictures, Tensor weight, Tensor? bias, Pair stride, Pair padding, Pair dilation, int groups, bool relu)
    {
        Node w = Weight(weight, "Conv2d");
        ConvShape s = Checked(pictures, w, stride, padding, dilation, groups);
        Node x = PictureLayout.ChannelsLast(pictures, "Conv2d");
        Node? b = Bias(bias, s.Cout, "Conv2d");
        var shape = Shape.Create([s.N, s.Cout, s.OutH, s.OutW]);
        Node y = Tape.Current.New(shape, shape.ChannelsLast(), Instance, x, w, b);
        Keep(y, stride, padding, dilation, groups, relu);
        Conv.Forward(s, x.Data, w.Data, y.Data, b is null ? null : b.Data, relu ? Activation.Relu : Activation.None);
        Tape.Current.Trace?.Note("Conv2d", y, [x, w, b], ("stride", stride), ("padding", padding), ("dilation", dilation), ("groups", groups), ("relu", relu));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, w = y.B!;
        ConvShape s = Kept(y, x.Shape, w.Shape);
        if (y.Ints[7] != 0)
        {
            RectifierMask.Apply(y);
        }

        BackwardBias(y);
        bool addW = w.RequiresGrad && w.BeginGrad(), addX = x.RequiresGrad && x.BeginGrad();
        if (w.RequiresGrad && x.RequiresGrad)
        {
            Conv.Backward(s, x.Data, y.Grad, w.Data, x.Grad, addX, w.Grad, addW);
        }
        else if (w.RequiresGrad)
        {
            Conv.BackwardWeight(s, x.Data, y.Grad, w.Grad, addW);
        }
        else if (x.RequiresGrad)
        {
            Conv.BackwardData(s, y.Grad, w.Data, x.Grad, addX);
        }
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, w = y.B!;
        ConvShape s = Kept(y, x.Shape, w.Shape);
        y.BeginGrad();
        bool isBegun = TangentBias(y);
        if (x.RequiresGrad)
        {
            Conv.Forward(s, x.Grad, w.Data, y.Grad, residual: isBegun ? y.Grad : null);
            isBegun = true;
        }

        if (w.RequiresGrad)
        {
            Conv.Forward(s, x.Data, w.Grad, y.Grad, residual: isBegun ? y.Grad : null);
        }

        if (y.Ints[7] != 0)
        {
            RectifierMask.Apply(y);
        }
    }

    public override bool BackwardSlots(Node y)
    {
        Node x = y.A!, w = y.B!;
        if (!y.FitsSlotsOf(x) || !y.FitsSlotsOf(w) || !y.FitsSlotsOf(y.C) || (x.RequiresGrad && x.IsView))
        {
            return false;
        }

        ConvShape s = Kept(y, x.Shape, w.Shape);
        int count = y.SlotCount;
        if (y.Ints[7] != 0)
        {
            RectifierMask.ApplySlots(y);
        }

        if (w.RequiresGrad)
        {
            bool add = w.BeginGrads();
            for (int i = 0; i < count; i++)
            {
                Conv.BackwardWeight(s, x.Data, y.Slots + (i * y.SlotDistance), w.Slots + (i * w.SlotDistance), add);
            }
        }

        if (y.C is { RequiresGrad: true } b)
        {
            Reduce.SumToSlots(y, y.Count / b.Count, b);
        }

        if (x.RequiresGrad)
        {
            // Pictures of all slots lie one behind the other: one batch.
            bool add = x.BeginGrads(), isOne = x.SlotDistance == x.Count && y.SlotDistance == y.Count;
            ConvShape all = isOne ? s with { N = s.N * count } : s;
            for (int i = 0; i < (isOne ? 1 : count); i++)
            {
                Conv.BackwardData(all, y.Slots + (i * y.SlotDistance), w.Data, x.Slots + (i * x.SlotDistance), add);
            }
        }

        return true;
    }

    /// <summary>A weight of four axes, laid out for the kernels.</summary>
    internal static Node Weight(Tensor weight, string operation)
    {
        Node w = Operand.Float(weight, operation);
        return w.Shape.Rank == 4 && w.Count > 0
            ? PictureLayout.OutputLast(w)
            : throw new ShapeException(operation, "a weight of four axes", w.Shape.ToString());
    }

    /// <summary>The sizes of a convolution, where they fit each other.</summary>
    internal static ConvShape Checked(Tensor pictures, Node w, Pair stride, Pair padding, Pair dilation, int groups)
    {
        string Who() => $"Conv2d({w.Shape[1] * groups} -> {w.Shape[0]}, {new Pair(w.Shape[2], w.Shape[3])})";
        if (pictures.Rank != 4 || pictures.Shape[1] != w.Shape[1] * groups)
        {
            throw new ShapeException(Who(), $"input [B, {w.Shape[1] * groups}, H, W]", pictures.Shape.ToString());
        }

        if (w.Shape[0] % groups != 0)
        {
            throw new ShapeException(Who(), $"a number of outputs that {groups} groups divide", $"{w.Shape[0]}");
        }

        ConvShape s = Sizes(pictures.Shape, w.Shape, stride, padding, dilation, groups);
        return s.OutH >= 1 && s.OutW >= 1
            ? s
            : throw new ShapeException(Who(), "a picture, with its padding, at least as large as the kernel", pictures.Shape.ToString());
    }

    internal static Node? Bias(Tensor? bias, int outputs, string operation)
    {
        if (bias is not { } given)
        {
            return null;
        }

        Node b = Operand.Float(given, operation);
        if (b.Shape.Rank != 1 || b.Count != outputs)
        {
            throw new ShapeException(operation, $"a bias of shape [{outputs}]", b.Shape.ToString());
        }

        return b.IsContiguous ? b : given.Contiguous().Node;
    }

    internal static ConvShape Sizes(in Shape x, in Shape w, Pair stride, Pair padding, Pair dilation, int groups) => new()
    {
        N = x[0],
        H = x[2],
        W = x[3],
        Cin = w[1] * groups,
        Cout = w[0],
        KH = w[2],
        KW = w[3],
        StrideH = Check.AtLeast(1, stride.Height, nameof(stride)),
        StrideW = Check.AtLeast(1, stride.Width, nameof(stride)),
        PadH = Check.AtLeast(0, padding.Height, nameof(padding)),
        PadW = Check.AtLeast(0, padding.Width, nameof(padding)),
        DilationH = Check.AtLeast(1, dilation.Height, nameof(dilation)),
        DilationW = Check.AtLeast(1, dilation.Width, nameof(dilation)),
        Groups = groups,
    };

    internal static void Keep(Node y, Pair stride, Pair padding, Pair dilation, int groups, bool relu)
    {
        y.Ints[0] = stride.Height;
        y.Ints[1] = stride.Width;
        y.Ints[2] = padding.Height;
        y.Ints[3] = padding.Width;
        y.Ints[4] = dilation.Height;
        y.Ints[5] = dilation.Width;
        y.Ints[6] = groups;
        y.Ints[7] = relu ? 1 : 0;
    }

    internal static ConvShape Kept(Node y, in Shape picture, in Shape weight) => Sizes(
        picture, weight, (y.Ints[0], y.Ints[1]), (y.Ints[2], y.Ints[3]), (y.Ints[4], y.Ints[5]), y.Ints[6]);

    /// <summary>Writes the bias's part of the directional derivative at every place, where it has one.</summary>
    internal static bool TangentBias(Node y)
    {
        if (y.C is not { RequiresGrad: true } b)
        {
            return false;
        }

        Shape rows = [y.Count / b.Count, b.Count], vector = [b.Count];
        Copy.Run(b.Grad, rows, Plan.Stretch(vector, vector.RowMajor(), rows), y.Grad, rows.RowMajor(), accumulate: false);
        return true;
    }

    /// <summary>The sum of the gradient over pictures and places, for each output channel.</summary>
    internal static void BackwardBias(Node y)
    {
        if (y.C is { RequiresGrad: true } b)
        {
            int channels = y.Shape[1];
            var rows = Shape.Create([y.Count / channels, channels]);
            Reduce.SumTo(y.Grad, rows, rows.RowMajor(), b);
        }
    }
}
