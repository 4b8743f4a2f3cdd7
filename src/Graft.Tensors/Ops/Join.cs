using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Puts tensors behind one another along an axis.</summary>
    /// <param name="tensors">At least one; equal sizes on all other axes, one element type.</param>
    /// <param name="axis">Which axis.</param>
    /// <returns>The sizes along the axis added up.</returns>
    /// <exception cref="ShapeException">There is none, or shapes differ elsewhere.</exception>
    public static Tensor Concat(ReadOnlySpan<Tensor> tensors, int axis) => ConcatOperation.Apply(tensors, axis);

    /// <summary>Puts tensors of one shape side by side along a new axis.</summary>
    /// <param name="tensors">At least one, all of one shape.</param>
    /// <param name="axis">Where the new axis stands, from 0 to Rank.</param>
    /// <returns>The shape with an axis inserted, as long as there are tensors.</returns>
    /// <exception cref="ShapeException">There is none, or shapes differ.</exception>
    public static Tensor Stack(ReadOnlySpan<Tensor> tensors, int axis = 0)
    {
        Shape shape = tensors.Length == 0 ? throw new ShapeException("Stack", "at least one tensor", "none") : tensors[0].Shape;
        axis = Check.Within(0, shape.Rank, axis < 0 ? axis + shape.Rank + 1 : axis);
        foreach (Tensor part in tensors)
        {
            if (part.Shape != shape)
            {
                throw new ShapeException("Stack", $"tensors of shape {shape}", part.Shape.ToString());
            }
        }

        if (axis == shape.Rank)
        {
            var columns = new Tensor[tensors.Length];
            for (int i = 0; i < columns.Length; i++)
            {
                columns[i] = tensors[i].Unsqueeze(axis);
            }

            return Concat(columns, axis);
        }

        // One behind the other along the axis, which is then two: which tensor, and where in it.
        Span<int> sizes = stackalloc int[shape.Rank + 1];
        shape.Sizes[..axis].CopyTo(sizes);
        sizes[axis] = tensors.Length;
        shape.Sizes[axis..].CopyTo(sizes[(axis + 1)..]);
        return Concat(tensors, axis).Reshape(sizes);
    }
}

internal sealed unsafe class ConcatOperation : Operation
{
    private static readonly ConcatOperation Instance = new();

    public override string Name => "Concat";

    public static Tensor Apply(ReadOnlySpan<Tensor> tensors, int axis)
    {
        if (tensors.Length == 0)
        {
            throw new ShapeException("Concat", "at least one tensor", "none");
        }

        Node head = tensors[0].Node;
        Shape first = head.Shape;
        axis = first.Axis(axis);
        int size = 0;
        foreach (Tensor part in tensors)
        {
            Shape shape = part.Shape;
            if (shape.Rank != first.Rank || shape.With(axis, 0) != first.With(axis, 0) || part.ElementType != head.Type)
            {
                throw new ShapeException("Concat", $"shapes that agree with {first} but for axis {axis}", shape.ToString());
            }

            size += shape.Sizes[axis];
        }

        Shape joined = first.With(axis, size);
        Dims strides = first.Rank >= 3 && !head.IsContiguous && head.IsDense ? joined.ChannelsLast() : joined.RowMajor();
        Node y = Tape.Current.New(joined, strides, null, type: head.Type);
        Tape.Current.AddParents(y, tensors, Instance);
        y.I0 = axis;
        float* to = y.Data;
        foreach (Tensor part in tensors)
        {
            Copy.Run(part.Node, to, y.Strides, accumulate: false);
            to += (nint)part.Node.Shape.Sizes[axis] * y.Strides[axis];
        }

        Tape.Current.Trace?.Note("Concat", y, y.More.AsSpan(0, y.MoreCount), ("axis", axis));
        return new Tensor(y);
    }

    public override void Tangent(Node y)
    {
        y.BeginGrad();
        float* dy = y.Grad;
        using var none = new Scratch(1);
        *none.Data = 0;
        for (int i = 0; i < y.MoreCount; i++)
        {
            Node part = y.More![i];
            bool has = part.RequiresGrad;
            Copy.Run(has ? part.Grad : none.Data, part.Shape, has ? part.Strides : default, dy, y.Strides, accumulate: false);
            dy += (nint)part.Shape.Sizes[y.I0] * y.Strides[y.I0];
        }
    }

    public override void Backward(Node y)
    {
        float* dy = y.Grad;
        for (int i = 0; i < y.MoreCount; i++)
        {
            Node part = y.More![i];
            if (part.RequiresGrad)
            {
                bool add = part.BeginGrad();
                Copy.Run(dy, part.Shape, y.Strides, part.Grad, part.Strides, add);
            }

            dy += (nint)part.Shape.Sizes[y.I0] * y.Strides[y.I0];
        }
    }
}
