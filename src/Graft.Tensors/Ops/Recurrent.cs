using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Ops;

/// <summary>The mathematics of one step of one row of a recurrent op.</summary>
internal unsafe interface IRecurrentCell
{
    /// <summary>The op's name for messages.</summary>
    static abstract string Name { get; }

    /// <summary>How many blocks of H the weights have.</summary>
    static abstract int Gates { get; }

    /// <summary>Whether there is a cell beside the hidden state.</summary>
    static abstract bool HasCell { get; }

    /// <summary>From the sums that enter the gates to the gates themselves (in place) and the new state.</summary>
    static abstract void Forward<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>;

    /// <summary>From the gradient of the new state to those of the sums and, as far as they do not come through the sums, of the old state.</summary>
    static abstract void Backward<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>;

    /// <summary>From the derivatives of the sums and of the old state, along a direction, to that of the new state, which takes the old one's place.</summary>
    static abstract void Tangent<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>;
}

/// <summary>Where the numbers of one step of one row lie.</summary>
internal unsafe struct RecurrentRow
{
    /// <summary>What enters the gates (with a cell: all of it, else the input's part), then the gates.</summary>
    public float* Gates;

    /// <summary>What the hidden state sends to the gates; only where there is no cell.</summary>
    public float* FromHidden;

    public float* HiddenBefore;
    public float* HiddenAfter;

    /// <summary>The cell before; where there is none, the candidate's part of <see cref="FromHidden"/>, kept.</summary>
    public float* CellBefore;
    public float* CellAfter;

    // Backward; in forward mode derivatives along the direction.
    public float* OutputGradient;
    public float* HiddenGradient;
    public float* CellGradient;
    public float* GateGradients;
    public float* FromHiddenGradients;
}

/// <summary>A whole sequence of a recurrent op: one product for all inputs, then step by step; backward through time likewise.</summary>
/// <remarks>Steps come first in working memory ([S, B, ...], S the greatest length), so that the rows of all steps make one matrix. A row beyond its length
/// keeps its state and sends no gradient. The result is one piece of memory: outputs, last hidden states, last cells; what the user gets are views.</remarks>
internal sealed unsafe partial class Recurrent<TCell> : Operation
    where TCell : struct, IRecurrentCell
{
    private static readonly Recurrent<TCell> Instance = new();

    public override string Name => TCell.Name;

    public static RecurrentResult Apply(
        Tensor input, Tensor inputWeight, Tensor hiddenWeight, Tensor? inputBias, Tensor? hiddenBias, Tensor? lengths,
        Tensor? hidden, Tensor? cell, bool reverse)
    {
        Node x = Operand.Float(input, TCell.Name);
        if (x.Shape.Rank != 3)
        {
            throw new ShapeException(TCell.Name, "input [B, T, F]", x.Shape.ToString());
        }

        int features = x.Shape[2], size = hiddenWeight.Rank == 2 ? hiddenWeight.Shape[1] : 0, blocks = TCell.Gates;
        var shape = new Sizes { B = x.Shape[0], T = x.Shape[1], F = features, H = size, IsReverse = reverse };
        Node wi = Weight(inputWeight, blocks * size, features, "input weights");
        Node wh = Weight(hiddenWeight, blocks * size, size, "hidden weights");
        x = features <= 1 || x.Strides[2] == 1 ? x : input.Contiguous().Node;

        Span<int> optional = stackalloc int[4];
        var more = default(Parents);
        int count = 0;
        Add(Vector(inputBias, blocks * size, "input biases"), 0, optional, ref more, ref count);
        Add(Vector(hiddenBias, blocks * size, "hidden biases"), 1, optional, ref more, ref count);
        Add(State(hidden, shape, "first hidden states"), 2, optional, ref more, ref count);
        Add(State(cell, shape, "first cells"), 3, optional, ref more, ref count);

        Node? steps = LengthsOf(lengths, shape, out shape.S);
        long output = (long)shape.B * shape.T * size, state = (long)shape.B * size;
        Shape flat = [checked((int)(output + (state * (TCell.HasCell ? 2 : 1))))];
        Shape room = [shape.Room(blocks)];
        int life = steps?.Generation ?? 0;
        Node saved = Tape.Current.New(room, room.RowMajor(), null);     // before the result: making a tensor may part older ones from their parents
        Node y = Tape.Current.New(flat, flat.RowMajor(), Instance, x, wi, wh);
        Tape.RefuseOtherLife(steps, life);
        y.Saved = saved;
        Tape.Current.AddParents(y, ((ReadOnlySpan<Node>)more)[..count], Instance);
        shape.Keep(y);
        for (int i = 0; i < 4; i++)
        {
            y.Ints[i] = optional[i];
        }

        var work = new Work(y, shape, blocks);
        new Span<int>(work.Lengths, shape.B).Fill(shape.T);
        if (steps is not null)
        {
            new Span<int>(steps.Data, shape.B).CopyTo(new Span<int>(work.Lengths, shape.B));
        }

        Forward(y, work, shape);

        Dims rows = Shape.Create([shape.B, shape.T, size]).RowMajor(), pair = Shape.Create([shape.B, size]).RowMajor();
        Tensor outputs = Tensor.View(y, [shape.B, shape.T, size], rows, 0), last = Tensor.View(y, [shape.B, size], pair, output);
        Tensor lastCell = TCell.HasCell ? Tensor.View(y, [shape.B, size], pair, output + state) : default;
        Tape.Current.Trace?.Note(
            TCell.Name, TCell.HasCell ? [outputs.Node, last.Node, lastCell.Node] : [outputs.Node, last.Node],
            [x, wi, wh, Optional(y, 0), Optional(y, 1), steps, Optional(y, 2), Optional(y, 3)], ("reverse", reverse));
        return new RecurrentResult(outputs, last, lastCell);
    }

    public override void Backward(Node y)
    {
        var shape = new Sizes(y);
        int blocks = TCell.Gates, wide = blocks * shape.H, steps = shape.S * shape.B;
        var work = new Work(y, shape, blocks);
        Node x = y.A!, wi = y.B!, wh = y.C!;
        long state = (long)shape.B * shape.H;
        using var gateGradients = new Scratch(Math.Max(1, (long)steps * wide));
        using var hiddenGradients = new Scratch(TCell.HasCell ? 1 : Math.Max(1, (long)steps * wide));
        using var states = new Scratch(Math.Max(1, 2 * state));
        float* dGates = gateGradients.Data, dFromHidden = TCell.HasCell ? dGates : hiddenGradients.Data;
        float* dHidden = states.Data, dCell = states.Data + state;
        Unsafe.CopyBlockUnaligned(dHidden, y.Grad + ((nint)shape.B * shape.T * shape.H), (uint)(state * sizeof(float)));
        if (TCell.HasCell)
        {
            Unsafe.CopyBlockUnaligned(dCell, y.Grad + ((nint)shape.B * shape.T * shape.H) + state, (uint)(state * sizeof(float)));
        }

        using var prepared = new Prepared(Matrix.Of(wh, wh.Data));
        var job = new StepJob
        {
            Work = work, Sizes = shape, IsBackward = true, Output = y.Grad, HiddenGradient = dHidden, CellGradient = dCell,
            GateGradients = dGates, FromHiddenGradients = dFromHidden, Weight = prepared.Weight, Packed = prepared.Packed,
        };
        job.RunAll();

        Matrix all = Matrix.Plain(dGates, steps, wide, Math.Max(1, wide)), allHidden = Matrix.Plain(dFromHidden, steps, wide, Math.Max(1, wide));
        if (TCell.HasCell && wi.RequiresGrad && wh.RequiresGrad)
        {
            WeightGradients(wi, wh, work, shape, all);
        }
        else
        {
            if (wi.RequiresGrad)
            {
                bool add = wi.BeginGrad();
                Matrix.Multiply(Matrix.Of(wi, wi.Grad), all.T, Matrix.Plain(work.Inputs, steps, shape.F, work.InputStride), add);
            }

            if (wh.RequiresGrad)
            {
                bool add = wh.BeginGrad();
                Matrix.Multiply(Matrix.Of(wh, wh.Grad), allHidden.T, Matrix.Plain(work.Hidden, steps, shape.H, work.HiddenStride), add);
            }
        }

        Shape rows = [steps, wide];
        Node? bi = Optional(y, 0), bh = Optional(y, 1);
        if (TCell.HasCell && bi is { RequiresGrad: true } && bh is { RequiresGrad: true })
        {
            // Both have the same gradient: it is summed once.
            using var bias = new Scratch(Math.Max(1, wide));
            new Span<float>(bias.Data, wide).Clear();
            Shape vector = [wide];
            Reduce.Into<SumReducer>(dGates, rows, rows.RowMajor(), bias.Data, Plan.Stretch(vector, vector.RowMajor(), rows), wide);
            AddVector(bi, bias.Data);
            AddVector(bh, bias.Data);
        }
        else
        {
            AddBias(bi, dGates, rows);
            AddBias(bh, dFromHidden, rows);
        }

        AddState(Optional(y, 2), dHidden);
        AddState(Optional(y, 3), dCell);
        if (x.RequiresGrad)
        {
            using var inputs = new Scratch(Math.Max(1, (long)steps * shape.F));
            Matrix.Multiply(Matrix.Plain(inputs.Data, steps, shape.F, Math.Max(1, shape.F)), all, Matrix.Of(wi, wi.Data), accumulate: false);
            bool add = x.BeginGrad();
            ToSequence(work, shape, inputs.Data, x, add);
        }
    }

    private static void Forward(Node y, in Work work, in Sizes shape)
    {
        int wide = TCell.Gates * shape.H, steps = shape.S * shape.B;
        Node x = y.A!, wi = y.B!, wh = y.C!;
        Node? bi = Optional(y, 0), bh = Optional(y, 1);
        for (int b = 0; b < shape.B; b++)
        {
            // Zeros where a row has ended.
            int length = work.Lengths[b];
            new Span<float>(y.Data + ((((nint)b * shape.T) + length) * shape.H), (shape.T - length) * shape.H).Clear();
        }

        ToSteps(work, shape, x, x.Data, work.Inputs, work.InputStride);
        Begin(work.Hidden, work.HiddenStride, Optional(y, 2), shape);
        if (TCell.HasCell)
        {
            Begin(work.Cells, shape.H, Optional(y, 3), shape);
        }

        // With a cell both biases enter the same sums; else the hidden one stays apart, as its product does.
        using var bias = new Scratch(Math.Max(1, wide));
        using var fromHidden = new Scratch(TCell.HasCell ? 1 : Math.Max(1, (long)shape.B * wide));
        float* first = bi is null ? null : bi.Data;
        if (TCell.HasCell && bh is not null)
        {
            for (int i = 0; i < wide; i++)
            {
                bias.Data[i] = bh.Data[i] + (first == null ? 0 : first[i]);
            }

            first = bias.Data;
        }

        Matrix fromInput = Matrix.Of(wi, wi.Data).T, fromState = Matrix.Of(wh, wh.Data).T;
        bool isJoint = IsJoint(shape);
        if (!isJoint)
        {
            Matrix.Multiply(
                Matrix.Plain(work.Gates, steps, wide, Math.Max(1, wide)), Matrix.Plain(work.Inputs, steps, shape.F, work.InputStride), fromInput, accumulate: false, first);
            first = TCell.HasCell || bh is null ? null : bh.Data;
        }

        using Prepared prepared = isJoint ? new Prepared(fromInput, fromState) : new Prepared(fromState);
        var job = new StepJob
        {
            Work = work, Sizes = shape, Output = y.Data, FromHidden = fromHidden.Data, Weight = prepared.Weight, Packed = prepared.Packed, IsJoint = isJoint, Bias = first,
        };
        job.RunAll();

        nint state = (nint)shape.B * shape.H, last = (nint)shape.S * shape.B;
        float* end = y.Data + ((nint)shape.B * shape.T * shape.H);
        for (int b = 0; b < shape.B; b++)
        {
            Unsafe.CopyBlockUnaligned(end + ((nint)b * shape.H), work.Hidden + ((last + b) * work.HiddenStride), (uint)shape.H * sizeof(float));
        }

        if (TCell.HasCell)
        {
            Unsafe.CopyBlockUnaligned(end + state, work.Cells + (last * shape.H), (uint)(state * sizeof(float)));
        }
    }

    private static void Begin(float* to, int stride, Node? state, in Sizes shape)
    {
        for (int b = 0; b < shape.B && state is null; b++)
        {
            new Span<float>(to + ((nint)b * stride), shape.H).Clear();
        }

        if (state is not null)
        {
            Dims rows = state.Shape.RowMajor();
            rows[0] = stride;
            Copy.Run(state, to, rows, accumulate: false);
        }
    }

    private static void AddBias(Node? bias, float* gradients, in Shape rows)
    {
        if (bias is { RequiresGrad: true })
        {
            Reduce.SumTo(gradients, rows, rows.RowMajor(), bias);
        }
    }

    private static void AddVector(Node vector, float* gradient)
    {
        bool add = vector.BeginGrad();
        Copy.Run(gradient, vector.Shape, vector.Shape.RowMajor(), vector.Grad, vector.Strides, add);
    }

    private static void AddState(Node? state, float* gradient)
    {
        if (state is { RequiresGrad: true })
        {
            AddVector(state, gradient);
        }
    }

    private static Node? Optional(Node y, int which) => y.Ints[which] == 0 ? null : y.More![y.Ints[which] - 1];

    private static void Add(Node? node, int which, Span<int> optional, ref Parents more, ref int count)
    {
        if (node is not null)
        {
            more[count++] = node;
            optional[which] = count;
        }
    }

    private static Node Weight(Tensor weight, int rows, int columns, string what)
    {
        Node node = Operand.Float(weight, TCell.Name);
        if (node.Shape.Rank != 2 || node.Shape[0] != rows || node.Shape[1] != columns)
        {
            throw new ShapeException(TCell.Name, $"{what} of shape [{rows}, {columns}]", node.Shape.ToString());
        }

        return Matrix.Fits(node) ? node : weight.Contiguous().Node;
    }

    private static Node? Vector(Tensor? vector, int count, string what)
    {
        if (vector is not { } given)
        {
            return null;
        }

        Node node = Operand.Float(given, TCell.Name);
        if (node.Shape.Rank != 1 || node.Count != count)
        {
            throw new ShapeException(TCell.Name, $"{what} of shape [{count}]", node.Shape.ToString());
        }

        return node.IsContiguous ? node : given.Contiguous().Node;
    }

    private static Node? State(Tensor? state, in Sizes sizes, string what)
    {
        if (state is not { } given)
        {
            return null;
        }

        Node node = Operand.Float(given, TCell.Name);
        return node.Shape.Rank == 2 && node.Shape[0] == sizes.B && node.Shape[1] == sizes.H
            ? node
            : throw new ShapeException(TCell.Name, $"{what} of shape [{sizes.B}, {sizes.H}]", node.Shape.ToString());
    }

    private static Node? LengthsOf(Tensor? lengths, in Sizes shape, out int most)
    {
        most = shape.T;
        if (lengths is not { } given)
        {
            return null;
        }

        Node node = Operand.Integer(given, TCell.Name);
        if (node.Shape.Rank != 1 || node.Count != shape.B)
        {
            throw new ShapeException(TCell.Name, $"lengths of shape [{shape.B}]", node.Shape.ToString());
        }

        most = 0;
        for (int b = 0; b < shape.B; b++)
        {
            int length = ((int*)node.Data)[b];
            if ((uint)length > (uint)shape.T)
            {
                throw new ShapeException(TCell.Name, $"lengths from 0 to {shape.T}", $"{length} at place {b}");
            }

            most = Math.Max(most, length);
        }

        return node;
    }
}
