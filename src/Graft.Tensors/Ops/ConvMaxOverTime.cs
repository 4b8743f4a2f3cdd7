using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Convolution of sequences and its greatest result over time: y[b, o] = max over i of bias[o] + Σ x[b, i + j, d] · weight[o, d, j], one pass.</summary>
    /// <param name="weight">Shape [O, D, w] or [O, D, 1, w]; best stored with the outputs innermost, as parameters are.</param>
    /// <param name="bias">Shape [O], or absent.</param>
    /// <param name="lengths">How many steps of each sequence count, integers [B] from 0 to T; absent: all T.</param>
    /// <returns>Shape [B, O] for this tensor of shape [B, T, D].</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>
    /// <para>The window lies within the steps that count; sequences shorter than it are filled up with zeros. NaN where a place gives NaN.</para>
    /// <para>Backward: dy to the first of the greatest, so one window for each y, of B O instead of B O T. Keeps x and the places; the convolution's results are
    /// never in memory. Cost forward: 2 B T D O w operations, of which windows of 2 to 5 steps need about half where D and O are not small
    /// (by minimal filtering: the same up to rounding).</para>
    /// </remarks>
    public Tensor ConvMaxOverTime(Tensor weight, Tensor? bias = null, Tensor? lengths = null) => ConvMaxOverTimeOperation.Apply(this, weight, bias, lengths);
}

internal sealed unsafe class ConvMaxOverTimeOperation : Operation
{
    private static readonly ConvMaxOverTimeOperation Instance = new();

    public override string Name => "ConvMaxOverTime";

    public static Tensor Apply(Tensor sequences, Tensor weight, Tensor? bias, Tensor? lengths)
    {
        Operand.Float(sequences, "ConvMaxOverTime");
        if (weight.Rank == 3)
        {
            weight = weight.Unsqueeze(2);
        }

        Node w = Conv2dOperation.Weight(weight, "ConvMaxOverTime");
        int outputs = w.Shape[0], width = w.Shape[1], window = w.Shape[3];
        string Who() => $"ConvMaxOverTime({width} -> {outputs}, {window})";
        if (w.Shape[2] != 1)
        {
            throw new ShapeException("ConvMaxOverTime", "a weight [O, D, w] or [O, D, 1, w]", w.Shape.ToString());
        }

        if (sequences.Rank != 3 || sequences.Shape[2] != width || sequences.Shape[1] == 0)
        {
            throw new ShapeException(Who(), $"input [B, T, {width}]", sequences.Shape.ToString());
        }

        if (lengths is { } given && (given.Rank != 1 || given.Count != sequences.Shape[0]))
        {
            throw new ShapeException(Who(), $"a length for each of {sequences.Shape[0]} rows", given.Shape.ToString());
        }

        if (Tape.Current.Trace is not null)
        {
            return Apart(sequences, weight, bias, lengths);
        }

        Node x = sequences.Contiguous().Node;
        Node? b = Conv2dOperation.Bias(bias, outputs, "ConvMaxOverTime"), ends = lengths is { } numbers ? Ends(numbers, x.Shape[1]) : null;
        int life = ends?.Generation ?? 0;
        Shape shape = [x.Shape[0], outputs];
        Node places = Tape.Current.New(shape, shape.RowMajor(), null, type: ElementType.Int32);     // before the result: making a tensor may part older ones from their parents
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, x, w, b);
        Tape.RefuseOtherLife(ends, life);
        y.Saved = places;
        if (ends is not null)
        {
            Tape.Current.AddParents(y, [ends], Instance);
        }

        MaxOverTime.Forward(Sizes(y), x.Data, Lengths(y), w.Data, NormParts.Data(b), y.Data, (int*)places.Data);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, w = y.B!;
        TimeShape s = Sizes(y);
        int* places = (int*)y.Saved!.Data;
        if (y.C is { RequiresGrad: true } b)
        {
            Reduce.SumTo(y.Grad, y.Shape, y.Strides, b);
        }

        if (w.RequiresGrad)
        {
            bool add = w.BeginGrad();
            MaxOverTimeGradient.BackwardWeight(s, x.Data, Lengths(y), y.Grad, places, w.Grad, add);
        }

        if (x.RequiresGrad)
        {
            bool add = x.BeginGrad();
            MaxOverTimeGradient.BackwardData(s, w.Data, Lengths(y), y.Grad, places, x.Grad, add);
        }
    }

    public override bool BackwardSlots(Node y)
    {
        Node x = y.A!, w = y.B!;
        if (!y.FitsSlotsOf(x) || !y.FitsSlotsOf(w) || !y.FitsSlotsOf(y.C) || (x.RequiresGrad && x.IsView))
        {
            return false;
        }

        TimeShape s = Sizes(y);
        int* places = (int*)y.Saved!.Data;
        int count = y.SlotCount;
        if (y.C is { RequiresGrad: true } b)
        {
            Reduce.SumToSlots(y, s.Rows, b);
        }

        if (w.RequiresGrad)
        {
            bool add = w.BeginGrads();
            for (int i = 0; i < count; i++)
            {
                MaxOverTimeGradient.BackwardWeight(s, x.Data, Lengths(y), y.Slots + (i * y.SlotDistance), places, w.Slots + (i * w.SlotDistance), add);
            }
        }

        if (x.RequiresGrad)
        {
            bool add = x.BeginGrads();
            for (int i = 0; i < count; i++)
            {
                MaxOverTimeGradient.BackwardData(s, w.Data, Lengths(y), y.Slots + (i * y.SlotDistance), places, x.Slots + (i * x.SlotDistance), add);
            }
        }

        return true;
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, w = y.B!;
        TimeShape s = Sizes(y);
        int* places = (int*)y.Saved!.Data;
        y.BeginGrad();
        if (!Conv2dOperation.TangentBias(y))
        {
            new Span<float>(y.Grad, y.Count).Clear();
        }

        if (x.RequiresGrad)
        {
            MaxOverTimeGradient.AddAtPlaces(s, x.Grad, Lengths(y), w.Data, places, y.Grad);
        }

        if (w.RequiresGrad)
        {
            MaxOverTimeGradient.AddAtPlaces(s, x.Data, Lengths(y), w.Grad, places, y.Grad);
        }
    }

    private static Node Ends(Tensor lengths, int steps)
    {
        Node ends = Operand.Integer(lengths.ToInt(), "ConvMaxOverTime");
        for (int b = 0; b < ends.Count; b++)
        {
            if ((uint)((int*)ends.Data)[b] > (uint)steps)
            {
                throw new ShapeException("ConvMaxOverTime", $"lengths from 0 to {steps}", $"{((int*)ends.Data)[b]} at place {b}");
            }
        }

        return ends;
    }

    private static TimeShape Sizes(Node y)
    {
        Node x = y.A!, w = y.B!;
        return new TimeShape(x.Shape[0], x.Shape[1], x.Shape[2], w.Shape[3], w.Shape[0]);
    }

    private static int* Lengths(Node y) => y.MoreCount > 0 ? (int*)y.More![0].Data : null;

    // The same in ops that a trace can tell: steps behind the end become 0, and places behind it so small that they are never the greatest.
    private static Tensor Apart(Tensor x, Tensor weight, Tensor? bias, Tensor? lengths)
    {
        int rows = x.Shape[0], steps = x.Shape[1], width = x.Shape[2], window = weight.Shape[3];
        x = lengths is { } ends ? x * Before(ends.ToFloat(), rows, steps).Reshape([rows, steps, 1]) : x;

        // With lengths a place begins at every step, those behind a row's end masked: so a graph of it takes any number of steps.
        int more = lengths is not null ? window - 1 : Math.Max(0, window - steps);
        if (more > 0)
        {
            x = Tensor.Concat([x, Tensor.Zeros([rows, more, width])], 1);
        }

        Tensor y = x.Reshape([rows, 1, x.Shape[1], width]).Permute(0, 3, 1, 2).Conv2d(weight, bias).Squeeze(2).Transpose(1, 2);     // [B, places, O]
        int places = y.Shape[1];
        return places > 1 && lengths is { } given
            ? (y + ((Before((given.ToFloat() - (window - 1)).Clamp(1, float.MaxValue), rows, places) - 1) * float.MaxValue).Reshape([rows, places, 1])).Max(1)
            : y.Max(1);
    }

    // 1 where a place lies before a row's end, else 0: [B, count].
    private static Tensor Before(Tensor ends, int rows, int count)
    {
        var places = new float[count];
        for (int i = 0; i < count; i++)
        {
            places[i] = i;
        }

        return ends.Reshape([rows, 1]).GreaterThan(Tensor.ForStep(places, [1, count]));
    }
}
