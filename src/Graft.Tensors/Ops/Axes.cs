using Graft.Tensors.Autograd;

namespace Graft.Tensors.Ops;

/// <summary>The axes of a reduction and the shapes with and without them.</summary>
internal readonly ref struct Axes
{
    private readonly int _mask;

    /// <param name="shape">The shape that is reduced.</param>
    /// <param name="axes">Which axes; none: all.</param>
    public Axes(in Shape shape, ReadOnlySpan<int> axes)
    {
        if (axes.Length == 0)
        {
            _mask = (1 << shape.Rank) - 1;
        }

        foreach (int axis in axes)
        {
            _mask |= 1 << shape.Axis(axis);
        }

        Span<int> kept = stackalloc int[shape.Rank];
        Span<int> left = stackalloc int[shape.Rank];
        int n = 0;
        Count = 1;
        for (int i = 0; i < shape.Rank; i++)
        {
            bool reduced = (_mask >> i & 1) != 0;
            kept[i] = reduced ? 1 : shape.Sizes[i];
            if (reduced)
            {
                Count *= shape.Sizes[i];
            }
            else
            {
                left[n++] = shape.Sizes[i];
            }
        }

        Kept = Shape.Create(kept);
        Left = Shape.Create(left[..n]);
    }

    /// <summary>How many elements become one.</summary>
    public int Count { get; }

    /// <summary>The result's shape with reduced axes of size 1.</summary>
    public Shape Kept { get; }

    /// <summary>The result's shape without the reduced axes.</summary>
    public Shape Left { get; }

    /// <summary>Reduces into a new tensor of shape <see cref="Kept"/> in row-major layout.</summary>
    public readonly unsafe Node Apply<TReducer>(Node x, Operation operation)
        where TReducer : struct, IReducer
    {
        Node y = Tape.Current.New(Kept, Kept.RowMajor(), operation, x);
        new Span<float>(y.Data, y.Count).Fill(TReducer.Start);
        Reduce.Into<TReducer>(x.Data, x.Shape, x.Strides, y.Data, Plan.Stretch(Kept, y.Strides, x.Shape), y.Count);
        Tape.Current.Trace?.Note(TReducer.Name, y, [x], ("mask", _mask));
        return y;
    }

    /// <summary>The result as the caller wants it.</summary>
    public readonly Tensor Shaped(Node y, bool keepAxes) => keepAxes ? new Tensor(y) : new Tensor(y).Reshape(Left.Sizes);
}
