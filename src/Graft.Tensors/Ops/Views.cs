using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly unsafe partial struct Tensor
{
    /// <summary>The same elements, in row-major order, with other axes. Shares memory where the layout allows it, else copies.</summary>
    /// <param name="shape">The new sizes; one may be -1 and is then found from the count.</param>
    /// <exception cref="ShapeException">The counts differ, or more than one size is -1.</exception>
    public Tensor Reshape(params ReadOnlySpan<int> shape)
    {
        Node node = Node;
        Shape target = Complete(shape, node.Shape);
        Dims strides = default;
        return TryStrides(node, target, ref strides) ? Told("Reshape", View(node, target, strides, 0)) : Contiguous().Reshape(target.Sizes);
    }

    /// <summary>Joins the axes from <paramref name="firstAxis"/> on into one.</summary>
    /// <param name="firstAxis">The first axis to join; 1 keeps the batch.</param>
    /// <returns>Shape [..., product of the rest].</returns>
    public Tensor Flatten(int firstAxis = 1)
    {
        Shape shape = Shape;
        int axis = firstAxis == shape.Rank ? firstAxis : shape.Axis(firstAxis);
        Span<int> sizes = stackalloc int[axis + 1];
        shape.Sizes[..axis].CopyTo(sizes);
        int rest = 1;
        foreach (int size in shape.Sizes[axis..])
        {
            rest *= size;
        }

        sizes[axis] = rest;
        return Reshape(sizes);
    }

    /// <summary>The same elements with the axes in another order. Shares memory.</summary>
    /// <param name="axes">For each new axis, which old one it is; every axis once.</param>
    /// <exception cref="ShapeException">The axes are not a permutation.</exception>
    public Tensor Permute(params ReadOnlySpan<int> axes)
    {
        Node node = Node;
        Span<int> sizes = stackalloc int[node.Shape.Rank];
        Dims strides = default;
        int seen = 0;
        for (int i = 0; i < axes.Length && i < sizes.Length; i++)
        {
            int axis = node.Shape.Axis(axes[i]);
            seen |= 1 << axis;
            sizes[i] = node.Shape.Sizes[axis];
            strides[i] = node.Strides[axis];
        }

        if (axes.Length != sizes.Length || seen != (1 << sizes.Length) - 1)
        {
            throw new ShapeException("Permute", $"each axis of {node.Shape} once", Shape.Create(axes).ToString());
        }

        Tensor y = View(node, sizes, strides, 0);
        Tape.Current.Trace?.Note("Permute", y.Node, [node], ("axes", axes.ToArray()));
        return y;
    }

    /// <summary>The same elements with two axes exchanged. Shares memory.</summary>
    public Tensor Transpose(int first, int second)
    {
        Node node = Node;
        first = node.Shape.Axis(first);
        second = node.Shape.Axis(second);
        Span<int> sizes = stackalloc int[node.Shape.Rank];
        node.Shape.Sizes.CopyTo(sizes);
        Dims strides = node.Strides;
        (sizes[first], sizes[second]) = (sizes[second], sizes[first]);
        (strides[first], strides[second]) = (strides[second], strides[first]);
        Tensor y = View(node, sizes, strides, 0);
        Tape.Current.Trace?.Note("Transpose", y.Node, [node], ("first", first), ("second", second));
        return y;
    }

    /// <summary>The same elements with the last two axes exchanged. Shares memory.</summary>
    /// <exception cref="ShapeException">There are fewer than two axes.</exception>
    public Tensor Transpose() => Transpose(-2, -1);

    /// <summary>A range of one axis. Shares memory.</summary>
    /// <param name="axis">Which axis.</param>
    /// <param name="start">First place; from 0.</param>
    /// <param name="length">Number of places; at least 0.</param>
    /// <param name="step">Distance between places; at least 1.</param>
    /// <exception cref="ShapeException">The range leaves the axis.</exception>
    public Tensor Slice(int axis, int start, int length, int step = 1)
    {
        Node node = Node;
        axis = node.Shape.Axis(axis);
        int size = node.Shape.Sizes[axis];
        Check.AtLeast(1, step);
        if (start < 0 || length < 0 || (length > 0 && start + ((length - 1L) * step) >= size))
        {
            throw new ShapeException("Slice", $"a range within 0..{size} of axis {axis} of {node.Shape}", $"start {start}, length {length}, step {step}");
        }

        Dims strides = node.Strides;
        long offset = (long)start * strides[axis];
        strides[axis] *= step;
        Tensor y = View(node, node.Shape.With(axis, length), strides, length == 0 ? 0 : offset);
        Tape.Current.Trace?.Note("Slice", y.Node, [node], ("axis", axis), ("start", start), ("length", length), ("step", step));
        return y;
    }

    /// <summary>One place of an axis; the axis disappears. Shares memory.</summary>
    /// <param name="axis">Which axis.</param>
    /// <param name="index">Which place; from 0.</param>
    /// <exception cref="ShapeException">The axis has no such place.</exception>
    public Tensor Select(int axis, int index) => Slice(axis, index, 1).Squeeze(axis);

    /// <summary>Removes an axis of size 1. Shares memory.</summary>
    /// <exception cref="ShapeException">The axis has another size.</exception>
    public Tensor Squeeze(int axis)
    {
        Node node = Node;
        axis = node.Shape.Axis(axis);
        if (node.Shape.Sizes[axis] != 1)
        {
            throw new ShapeException("Squeeze", $"size 1 at axis {axis}", node.Shape.ToString());
        }

        Span<int> sizes = stackalloc int[node.Shape.Rank - 1];
        Dims strides = default;
        for (int i = 0, j = 0; i < node.Shape.Rank; i++)
        {
            if (i != axis)
            {
                sizes[j] = node.Shape.Sizes[i];
                strides[j++] = node.Strides[i];
            }
        }

        return Told("Reshape", View(node, sizes, strides, 0));
    }

    /// <summary>Inserts an axis of size 1. Shares memory.</summary>
    /// <param name="axis">Where, from 0 to Rank; -1 is behind the last.</param>
    public Tensor Unsqueeze(int axis)
    {
        Node node = Node;
        int rank = node.Shape.Rank;
        axis = axis < 0 ? axis + rank + 1 : axis;
        Check.Within(0, rank, axis);
        Span<int> sizes = stackalloc int[rank + 1];
        Dims strides = default;
        for (int i = 0, j = 0; j <= rank; j++)
        {
            if (j == axis)
            {
                sizes[j] = 1;
                strides[j] = 1;
            }
            else
            {
                sizes[j] = node.Shape.Sizes[i];
                strides[j] = node.Strides[i++];
            }
        }

        return Told("Reshape", View(node, sizes, strides, 0));
    }

    /// <summary>The tensor repeated along axes of size 1, up to a larger shape. Shares memory where no gradient is needed, else copies.</summary>
    /// <param name="shape">A shape that this one broadcasts to.</param>
    /// <exception cref="ShapeException">It does not.</exception>
    public Tensor Expand(params ReadOnlySpan<int> shape)
    {
        Node node = Node;
        Shape target = Shape.Create(shape);
        if (Shape.Broadcast(node.Shape, target, "Expand") != target)
        {
            throw new ShapeException("Expand", $"a shape that {node.Shape} broadcasts to", target.ToString());
        }

        return node.RequiresGrad && Tape.Current.IsRecording
            ? Zeros(target) + this
            : Told("Expand", View(node, target, Plan.Stretch(node, target), 0));
    }

    /// <summary>The same tensor with its elements in row-major order in memory: itself where they are, else a copy.</summary>
    public Tensor Contiguous()
    {
        Node node = Node;
        return node.IsContiguous ? this : CopyOperation.Apply(node, node.Shape.RowMajor());
    }

    /// <summary>Whether it is a part of another tensor, so that gradients by it cannot be collected apart.</summary>
    internal bool IsPart => Node.Count != Node.Root.Count;

    /// <summary>The numbers of a dense tensor where they lie, valid as long as the tensor is.</summary>
    internal ReadOnlySpan<float> InPlace() => new(Node.Data, Node.Count);

    /// <summary>All elements of a dense tensor as a row, in the order of memory: that of a Jacobian's rows.</summary>
    internal Tensor InMemoryOrder()
    {
        Shape flat = [Count];
        return View(Node, flat, flat.RowMajor(), 0);
    }

    // A view of this tensor, which its shape says all about.
    private Tensor Told(string name, Tensor view)
    {
        Tape.Current.Trace?.Note(name, view.Node, [Node]);
        return view;
    }

    internal static Tensor View(Node source, in Shape shape, in Dims strides, long offset) =>
        new(Tape.Current.NewView(source, shape, strides, offset, ViewOperation.Instance));

    private static Tensor View(Node source, ReadOnlySpan<int> sizes, in Dims strides, long offset) =>
        View(source, Shape.Create(sizes), strides, offset);

    private static Shape Complete(ReadOnlySpan<int> sizes, in Shape from)
    {
        Span<int> complete = stackalloc int[sizes.Length];
        int open = -1;
        long known = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            complete[i] = sizes[i];
            if (sizes[i] == -1 && open < 0)
            {
                open = i;
            }
            else
            {
                known *= sizes[i];
            }
        }

        if (open >= 0 && known > 0)
        {
            complete[open] = (int)(from.Count / known);
            known *= complete[open];
        }

        return known == from.Count && complete.IndexOf(-1) < 0
            ? Shape.Create(complete)
            : throw new ShapeException("Reshape", $"{from.Count} elements as in {from}", string.Join(" x ", sizes.ToArray()));
    }

    // Finds strides for the new axes over the same memory: every group of old axes that makes up a group of new ones must lie without gaps.
    private static bool TryStrides(Node node, in Shape target, ref Dims strides)
    {
        if (node.IsContiguous)
        {
            strides = target.RowMajor();
            return true;
        }

        int oldAxis = 0, newAxis = 0, oldRank = node.Shape.Rank, newRank = target.Rank;
        ReadOnlySpan<int> from = node.Shape.Sizes, to = target.Sizes;
        while (oldAxis < oldRank || newAxis < newRank)
        {
            if (oldAxis < oldRank && from[oldAxis] == 1)
            {
                oldAxis++;
                continue;
            }

            if (newAxis < newRank && to[newAxis] == 1)
            {
                strides[newAxis++] = 1;
                continue;
            }

            if (oldAxis >= oldRank || newAxis >= newRank)
            {
                return false;
            }

            // The stride of an axis of size 1 means nothing: neighbors are compared across it.
            int oldEnd = oldAxis + 1, newEnd = newAxis + 1, inner = oldAxis;
            long oldCount = from[oldAxis], newCount = to[newAxis];
            while (oldCount != newCount)
            {
                if (oldCount < newCount)
                {
                    if (oldEnd >= oldRank)
                    {
                        return false;
                    }

                    if (from[oldEnd] != 1)
                    {
                        if (node.Strides[inner] != node.Strides[oldEnd] * from[oldEnd])
                        {
                            return false;
                        }

                        inner = oldEnd;
                    }

                    oldCount *= from[oldEnd++];
                }
                else
                {
                    if (newEnd >= newRank)
                    {
                        return false;
                    }

                    newCount *= to[newEnd++];
                }
            }

            int stride = node.Strides[inner];
            for (int i = newEnd - 1; i >= newAxis; i--)
            {
                strides[i] = stride;
                stride *= to[i];
            }

            oldAxis = oldEnd;
            newAxis = newEnd;
        }

        return true;
    }
}

/// <summary>A view's gradient is the same view of its root's gradient: there is nothing to do.</summary>
internal sealed class ViewOperation : Operation
{
    public static readonly ViewOperation Instance = new();

    public override string Name => "View";

    public override void Backward(Node y)
    {
    }

    public override void Tangent(Node y)
    {
    }
}

/// <summary>A copy into another layout.</summary>
internal sealed unsafe class CopyOperation : Operation
{
    private static readonly CopyOperation Instance = new();

    public override string Name => "Copy";

    public static Tensor Apply(Node x, in Dims strides)
    {
        Node y = Tape.Current.New(x.Shape, strides, Instance, x, type: x.Type);
        Copy.Run(x, y.Data, y.Strides, accumulate: false);
        Tape.Current.Trace?.Note("Copy", y, [x]);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        bool add = x.BeginGrad();
        Copy.Run(y.Grad, y.Shape, y.Strides, x.Grad, x.Strides, add);
    }

    public override void Tangent(Node y)
    {
        y.BeginGrad();
        Copy.Run(y.A!.Grad, y.Shape, y.A.Strides, y.Grad, y.Strides, accumulate: false);
    }
}
