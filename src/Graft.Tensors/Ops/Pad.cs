using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Puts places that all hold one number before and behind the elements of any axes.</summary>
    /// <param name="before">How many before the elements, one number for each axis; at least 0.</param>
    /// <param name="behind">How many behind them, one number for each axis; at least 0.</param>
    /// <param name="value">What they hold; of integers the integer part of it.</param>
    /// <returns>Each axis longer by both numbers; the order of the axes in memory stays.</returns>
    /// <exception cref="ShapeException">There are not as many numbers as axes.</exception>
    /// <remarks>Backward: dx = dy at the elements. Keeps nothing.</remarks>
    public Tensor Pad(ReadOnlySpan<int> before, ReadOnlySpan<int> behind, float value = 0) => PadOperation.Apply(this, before, behind, value);

    /// <summary>Puts rows and columns that all hold one number around pictures.</summary>
    /// <param name="top">Rows above; at least 0.</param>
    /// <param name="bottom">Rows below; at least 0.</param>
    /// <param name="left">Columns before; at least 0.</param>
    /// <param name="right">Columns behind; at least 0.</param>
    /// <param name="value">What they hold.</param>
    /// <returns>[B, C, top + H + bottom, left + W + right] for this tensor of shape [B, C, H, W].</returns>
    /// <exception cref="ShapeException">This is no picture.</exception>
    public Tensor PadPictures(int top, int bottom, int left, int right, float value = 0) => Rank == 4
        ? Pad([0, 0, top, left], [0, 0, bottom, right], value)
        : throw new ShapeException("PadPictures", "input [B, C, H, W]", Shape.ToString());
}

internal sealed unsafe class PadOperation : Operation
{
    private static readonly PadOperation Instance = new();

    public override string Name => "Pad";

    public static Tensor Apply(Tensor tensor, ReadOnlySpan<int> before, ReadOnlySpan<int> behind, float value)
    {
        Node x = tensor.Node;
        int rank = x.Shape.Rank;
        if (before.Length != rank || behind.Length != rank)
        {
            throw new ShapeException("Pad", $"a number before and one behind for each axis of {x.Shape}", $"{before.Length} and {behind.Length}");
        }

        Span<int> sizes = stackalloc int[rank];
        for (int i = 0; i < rank; i++)
        {
            sizes[i] = checked(Check.AtLeast(0, before[i], nameof(before)) + x.Shape.Sizes[i] + Check.AtLeast(0, behind[i], nameof(behind)));
        }

        Shape shape = Shape.Create(sizes);
        Node y = Tape.Current.New(shape, Ordered(shape, x), Instance, x, type: x.Type);
        before.CopyTo(y.Ints);
        if (x.Type == ElementType.Int32)
        {
            new Span<int>(y.Data, y.Count).Fill((int)value);
        }
        else
        {
            new Span<float>(y.Data, y.Count).Fill(value);
        }

        Copy.Run(x, y.Data + Offset(y), y.Strides, accumulate: false);
        Tape.Current.Trace?.Note("Pad", y, [x], ("before", before.ToArray()), ("behind", behind.ToArray()), ("value", value));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        bool add = x.BeginGrad();
        Copy.Run(y.Grad + Offset(y), x.Shape, y.Strides, x.Grad, x.Strides, add);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!;
        y.BeginGrad();
        new Span<float>(y.Grad, y.Count).Clear();
        Copy.Run(x.Grad, x.Shape, x.Strides, y.Grad + Offset(y), y.Strides, accumulate: false);
    }

    // Where the first element of the input lies.
    private static nint Offset(Node y)
    {
        nint offset = 0;
        for (int i = 0; i < y.Shape.Rank; i++)
        {
            offset += (nint)y.Ints[i] * y.Strides[i];
        }

        return offset;
    }

    // Strides for a shape whose axes lie in memory in the order of another's.
    private static Dims Ordered(in Shape shape, Node like)
    {
        if (!like.IsDense || like.IsContiguous)
        {
            return shape.RowMajor();
        }

        Dims strides = default;
        int stride = 1, done = 0;
        for (int n = 0; n < shape.Rank; n++)
        {
            int inner = -1;
            for (int i = shape.Rank - 1; i >= 0; i--)
            {
                // An axis of size 1 has no place of its own: it goes behind the others.
                bool isFree = (done & (1 << i)) == 0;
                if (isFree && (inner < 0 || Distance(like, i) < Distance(like, inner)))
                {
                    inner = i;
                }
            }

            strides[inner] = stride;
            stride *= shape.Sizes[inner];
            done |= 1 << inner;
        }

        return strides;
    }

    private static int Distance(Node node, int axis) => node.Shape.Sizes[axis] == 1 ? int.MaxValue : node.Strides[axis];
}
