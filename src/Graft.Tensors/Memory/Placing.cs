using System.Buffers;
using System.Runtime.InteropServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;

namespace Graft.Tensors.Memory;

/// <summary>Puts numbers that come in row-major order where a tensor keeps them.</summary>
internal static unsafe class Placing
{
    private const int Piece = 1 << 18, MostLent = 1 << 20;

    /// <summary>Overwrites all elements: read straight into their memory where they lie in this order, otherwise lent, or read through a small buffer.</summary>
    /// <param name="node">The tensor's.</param>
    /// <param name="read">Fills a span with the elements from a place on; places rise.</param>
    /// <param name="lend">Shows the same elements where they lie; null where they have to be copied.</param>
    public static void Fill(Node node, Action<long, Span<float>> read, NumberLender? lend)
    {
        if (node.IsContiguous || node.Count == 0)
        {
            read(0, new Span<float>(node.Data, node.Count));
            return;
        }

        int rows = node.Shape.Sizes[0], width = node.Count / rows, most = Math.Clamp(Piece / width, 1, rows);
        if (lend is not null && most * width <= MostLent)
        {
            int at = 0, some = 0;
            Action<ReadOnlySpan<float>> place = from => Place(node, at, some, from);
            for (; at < rows; at += some)
            {
                some = Math.Min(most, rows - at);
                lend((long)at * width, some * width, place);
            }

            return;
        }

        float[] buffer = ArrayPool<float>.Shared.Rent(most * width);
        for (int row = 0; row < rows; row += most)
        {
            int some = Math.Min(most, rows - row);
            read((long)row * width, buffer.AsSpan(0, some * width));
            Place(node, row, some, buffer);
        }

        ArrayPool<float>.Shared.Return(buffer);
    }

    /// <summary>Overwrites all elements by what is written into a span of zeros: their own memory where they lie in this order. Else memory that goes back to the system at
    /// once: a model is initialized only once, so neither the pool nor the garbage collector should keep as much as its largest parameter for that.</summary>
    /// <param name="node">The tensor's.</param>
    /// <param name="write">Gets the span.</param>
    public static void Fill(Node node, Action<Span<float>> write)
    {
        if (node.IsContiguous)
        {
            var own = new Span<float>(node.Data, node.Count);
            own.Clear();
            write(own);
            return;
        }

        // Kernels may read a little beyond the end.
        float* values = (float*)NativeMemory.AllocZeroed(((nuint)node.Count * sizeof(float)) + Block.Slack);
        try
        {
            write(new Span<float>(values, node.Count));
            Copy.Run(values, node.Shape, node.Shape.RowMajor(), node.Data, node.Strides, accumulate: false);
        }
        finally
        {
            NativeMemory.Free(values);
        }
    }

    private static void Place(Node node, int row, int count, ReadOnlySpan<float> values)
    {
        Shape part = Shape.Create([count, .. node.Shape.Sizes[1..]]);
        fixed (float* from = values)
        {
            Copy.Run(from, part, part.RowMajor(), node.Data + ((nint)row * node.Strides[0]), node.Strides, accumulate: false);
        }
    }
}
