using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

/// <summary>A whole sequence of a recurrent op: one product for all inputs, then step by step; backward through time likewise.</summary>
/// <remarks>Steps come first in working memory ([S, B, ...], S the greatest length), so that the rows of all steps make one matrix. A row beyond its length
/// keeps its state and sends no gradient. The result is one piece of memory: outputs, last hidden states, last cells; what the user gets are views.</remarks>
internal sealed unsafe partial class Recurrent<TCell> : Operation
    where TCell : struct, IRecurrentCell
{
    // Blocks of sums that enter a row's gates, and of their gradients.
    private const int Sums = 4;

    private static readonly Recurrent<TCell> Instance = new();

    /// <summary>How many gates have one sum for both, inputs and states.</summary>
    private static int Shared => TCell.HasCell ? TCell.Gates : TCell.Gates - 1;

    /// <summary>Which block of gradients is the first of those that go to the hidden state.</summary>
    private static int FromHidden => TCell.HasCell ? 0 : 1;

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
        shape.Keeps = !IsJoint(shape) || (Tape.Current.IsRecording && (x.RequiresGrad || wi.RequiresGrad || wh.RequiresGrad || Learns(((ReadOnlySpan<Node>)more)[..count])));
        long output = (long)shape.B * shape.T * size, state = (long)shape.B * size;
        Shape flat = [checked((int)(output + (state * (TCell.HasCell ? 2 : 1))))];
        Shape room = [shape.Room()];
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

        var work = new Work(y, shape);
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
        int h = shape.H, sums = Sums * h, steps = shape.S * shape.B;
        var work = new Work(y, shape);
        Node wh = y.C!;

        // What was kept is read once, the gradients of the sums take its place; but where the graph stays, they have memory of their own.
        bool isTaken = Tape.Current.TakesSaved(y);
        using var apart = new Scratch(isTaken ? 1 : Math.Max(1, (long)steps * sums));
        Matrix gradients = isTaken ? Matrix.Plain(work.Kept, steps, sums, work.KeptStride) : Matrix.Plain(apart.Data, steps, sums, Math.Max(1, sums));

        long state = (long)shape.B * h;
        using var states = new Scratch(Math.Max(1, 2 * state));
        float* dHidden = states.Data, dCell = states.Data + state, end = y.Grad + ((nint)shape.B * shape.T * h);
        Unsafe.CopyBlockUnaligned(dHidden, end, (uint)(state * sizeof(float)));
        if (TCell.HasCell)
        {
            Unsafe.CopyBlockUnaligned(dCell, end + state, (uint)(state * sizeof(float)));
        }

        int groups = (shape.B + StepJob.RowsTogether - 1) / StepJob.RowsTogether;
        using var totals = new Scratch(Math.Max(1, (long)groups * sums));
        new Span<float>(totals.Data, groups * sums).Clear();

        using var prepared = new Prepared(TCell.Gates * h, h);
        var job = new StepJob
        {
            Work = work, Sizes = shape, IsBackward = true, Output = y.Grad, HiddenGradient = dHidden, Cell = dCell,
            SumGradients = gradients.Data, SumGradientStride = gradients.Stride, Totals = totals.Data,
        };
        job.Add(prepared.Piece(Matrix.Of(wh, wh.Data), FromHidden * h, 0, true, null));
        job.RunAll(prepared.IsPacked);

        WeightGradients(y, work, shape, gradients);
        BiasGradients(y, shape, totals.Data, groups);
        AddState(Optional(y, 2), dHidden);
        AddState(Optional(y, 3), dCell);
        if (y.A!.RequiresGrad)
        {
            InputGradient(y, work, shape, gradients);
        }
    }

    private static void InputGradient(Node y, in Work work, in Sizes shape, in Matrix gradients)
    {
        Node x = y.A!, wi = y.B!;
        int shared = Shared * shape.H;
        using var inputs = new Scratch(Math.Max(1, (long)gradients.Rows * shape.F));
        Matrix to = Matrix.Plain(inputs.Data, gradients.Rows, shape.F, Math.Max(1, shape.F)), weight = Matrix.Of(wi, wi.Data);
        Matrix.Multiply(to, Columns(gradients, FromHidden * shape.H, shared), Rows(weight, 0, shared), accumulate: false);
        if (!TCell.HasCell)
        {
            Matrix.Multiply(to, Columns(gradients, 0, shape.H), Rows(weight, shared, shape.H), accumulate: true);
        }

        bool add = x.BeginGrad();
        ToSequence(work, shape, inputs.Data, x, add);
    }

    private static void Forward(Node y, in Work work, in Sizes shape)
    {
        int h = shape.H, wide = TCell.Gates * h, shared = Shared * h, steps = shape.S * shape.B;
        Node x = y.A!, wi = y.B!, wh = y.C!;
        for (int b = 0; b < shape.B; b++)
        {
            // Zeros where a row has ended.
            int length = work.Lengths[b];
            new Span<float>(y.Data + ((((nint)b * shape.T) + length) * h), (shape.T - length) * h).Clear();
        }

        nint state = (nint)shape.B * h;
        float* end = y.Data + ((nint)shape.B * shape.T * h);
        Begin(work.Before + shape.F, work.BeforeStride, Optional(y, 2), shape);
        if (TCell.HasCell)
        {
            Begin(end + state, h, Optional(y, 3), shape);
        }

        bool isJoint = IsJoint(shape);
        using var bias = new Scratch(Math.Max(1, Sums * h));
        using var now = new Scratch(isJoint ? Math.Max(1, state * Sums) : 1);
        float* added = Biases(y, shape, bias.Data) ? bias.Data : null;
        var job = new StepJob
        {
            Work = work, Sizes = shape, Output = y.Data, Cell = end + state, IsJoint = isJoint,
            Input = new Sequence(x, x.Data),
            Sums = isJoint ? now.Data : work.Kept, SumStride = isJoint ? Sums * h : work.KeptStride,
        };
        Matrix fromInput = Matrix.Of(wi, wi.Data).T, fromState = Matrix.Of(wh, wh.Data).T;
        if (!isJoint)
        {
            for (int s = 0; s < shape.S; s++)
            {
                Enter(work, shape, job.Input, work.Before + (shape.BeforeAt(s) * work.BeforeStride), work.BeforeStride, s, 0, shape.B);
            }

            Matrix.Multiply(
                Matrix.Plain(work.Kept, steps, wide, work.KeptStride), Matrix.Plain(work.Before, steps, shape.F, work.BeforeStride), fromInput, accumulate: false, added);
        }

        // Without a cell the candidate's sum from the hidden state stays apart from that from the input.
        using var prepared = new Prepared(isJoint ? shape.F + h : h, wide);
        if (isJoint)
        {
            job.Add(prepared.Piece(Columns(fromInput, 0, shared), Columns(fromState, 0, shared), added));
        }
        else
        {
            job.Add(prepared.Piece(Columns(fromState, 0, shared), shape.F, 0, true, null));
        }

        if (!TCell.HasCell && isJoint)
        {
            job.Add(prepared.Piece(Columns(fromInput, shared, h), 0, shared, false, added == null ? null : added + shared));
        }

        if (!TCell.HasCell)
        {
            job.Add(prepared.Piece(Columns(fromState, shared, h), shape.F, shared + h, false, added == null ? null : added + shared + h));
        }

        job.RunAll(prepared.IsPacked);

        float* last = work.Before + (shape.BeforeAt(shape.S) * work.BeforeStride) + shape.F;
        for (int b = 0; b < shape.B; b++)
        {
            Unsafe.CopyBlockUnaligned(end + ((nint)b * h), last + (b * work.BeforeStride), (uint)h * sizeof(float));
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

    private static bool Learns(ReadOnlySpan<Node> nodes)
    {
        foreach (Node node in nodes)
        {
            if (node.RequiresGrad)
            {
                return true;
            }
        }

        return false;
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
