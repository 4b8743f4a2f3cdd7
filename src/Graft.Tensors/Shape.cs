using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace Graft.Tensors;

/// <summary>Eight integers stored inline: the sizes or the strides of a tensor's axes.</summary>
[InlineArray(Shape.MaxRank)]
internal struct Dims
{
    private int _first;
}

/// <summary>The sizes of a tensor's axes, outermost first; up to <see cref="MaxRank"/> axes, each 0 or more. No axes: a scalar.</summary>
[CollectionBuilder(typeof(Shape), nameof(Create))]
public readonly struct Shape : IEquatable<Shape>
{
    /// <summary>The largest number of axes: 8.</summary>
    public const int MaxRank = 8;

    private readonly Dims _sizes;

    private Shape(ReadOnlySpan<int> sizes)
    {
        if (sizes.Length > MaxRank)
        {
            throw new ShapeException("Shape", $"at most {MaxRank} axes", Text(sizes));
        }

        long count = 1;
        for (int i = 0; i < sizes.Length; i++)
        {
            if (sizes[i] < 0)
            {
                throw new ShapeException("Shape", "sizes of 0 or more", Text(sizes));
            }

            count *= sizes[i];
            if (count > int.MaxValue)
            {
                throw new ShapeException("Shape", "at most 2147483647 elements", Text(sizes));
            }

            _sizes[i] = sizes[i];
        }

        Rank = sizes.Length;
        Count = (int)count;
    }

    /// <summary>Number of axes; 0 for a scalar.</summary>
    public int Rank { get; }

    /// <summary>Number of elements: the product of the sizes; 1 for a scalar.</summary>
    public int Count { get; }

    /// <summary>The size of an axis.</summary>
    /// <param name="axis">From 0 to Rank - 1, or from -Rank to -1 counted from the last.</param>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int this[int axis] => _sizes[Axis(axis)];

    /// <summary>The sizes, outermost first.</summary>
    [UnscopedRef]
    public ReadOnlySpan<int> Sizes => ((ReadOnlySpan<int>)_sizes)[..Rank];

    /// <summary>Makes a shape from its sizes; also what a collection expression such as [2, 3] calls.</summary>
    /// <exception cref="ShapeException">A size is negative, there are more than 8, or the product exceeds 2^31 - 1.</exception>
    public static Shape Create(ReadOnlySpan<int> sizes) => new(sizes);

    /// <summary>The axis as a number from 0 to Rank - 1.</summary>
    /// <param name="axis">From -Rank to Rank - 1.</param>
    /// <exception cref="ShapeException">There is no such axis.</exception>
    public int Axis(int axis)
    {
        int positive = axis < 0 ? axis + Rank : axis;
        return (uint)positive < (uint)Rank
            ? positive
            : throw new ShapeException("Shape", $"an axis from {-Rank} to {Rank - 1} of {this}", axis.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The sizes as an enumerator, so that shapes can be written as collection expressions.</summary>
    [UnscopedRef]
    public ReadOnlySpan<int>.Enumerator GetEnumerator() => Sizes.GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(Shape other) => Sizes.SequenceEqual(other.Sizes);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is Shape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (int size in Sizes)
        {
            hash.Add(size);
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether both have the same sizes.</summary>
    public static bool operator ==(Shape left, Shape right) => left.Equals(right);

    /// <summary>Whether the sizes differ.</summary>
    public static bool operator !=(Shape left, Shape right) => !left.Equals(right);

    /// <summary>"[32, 10]"; a scalar is "[]".</summary>
    public override string ToString() => Text(Sizes);

    /// <summary>The shape both broadcast to: sizes are aligned at the last axis and 1 stretches.</summary>
    internal static Shape Broadcast(in Shape a, in Shape b, string operation)
    {
        int rank = Math.Max(a.Rank, b.Rank);
        Span<int> sizes = stackalloc int[rank];
        for (int i = 1; i <= rank; i++)
        {
            int x = i <= a.Rank ? a[-i] : 1, y = i <= b.Rank ? b[-i] : 1;
            if (x != y && x != 1 && y != 1)
            {
                throw new ShapeException(operation, $"shapes that broadcast, axis {-i} equal or 1", $"{a} with {b}");
            }

            sizes[rank - i] = x == 1 ? y : x;
        }

        return new Shape(sizes);
    }

    /// <summary>The same shape with one axis's size replaced.</summary>
    internal Shape With(int axis, int size)
    {
        Span<int> sizes = stackalloc int[Rank];
        Sizes.CopyTo(sizes);
        sizes[axis] = size;
        return new Shape(sizes);
    }

    /// <summary>Row-major strides: the last axis is contiguous.</summary>
    internal Dims RowMajor()
    {
        Dims strides = default;
        int stride = 1;
        for (int i = Rank - 1; i >= 0; i--)
        {
            strides[i] = stride;
            stride *= _sizes[i];
        }

        return strides;
    }

    /// <summary>Strides with axis 1 innermost (channels last) for rank 3 and more; row-major below.</summary>
    internal Dims ChannelsLast()
    {
        if (Rank < 3)
        {
            return RowMajor();
        }

        Dims strides = default;
        strides[1] = 1;
        int stride = _sizes[1];
        for (int i = Rank - 1; i >= 2; i--)
        {
            strides[i] = stride;
            stride *= _sizes[i];
        }

        strides[0] = stride;
        return strides;
    }

    private static string Text(ReadOnlySpan<int> sizes)
    {
        var text = new StringBuilder("[");
        for (int i = 0; i < sizes.Length; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $"{(i == 0 ? "" : ", ")}{sizes[i]}");
        }

        return text.Append(']').ToString();
    }
}
