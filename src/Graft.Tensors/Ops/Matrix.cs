using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

/// <summary>A matrix as products see it: row-major in memory, or the transpose of one that is.</summary>
internal readonly unsafe struct Matrix
{
    private Matrix(float* data, int rows, int columns, nint stride, bool isTransposed)
    {
        Data = data;
        Rows = rows;
        Columns = columns;
        Stride = stride;
        IsTransposed = isTransposed;
    }

    public float* Data { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>Floats between the rows in memory; those are the columns where it is transposed.</summary>
    public nint Stride { get; }

    public bool IsTransposed { get; }

    /// <summary>The transpose, at no cost.</summary>
    public Matrix T => new(Data, Columns, Rows, Stride, !IsTransposed);

    /// <summary>A row-major matrix.</summary>
    public static Matrix Plain(float* data, int rows, int columns, nint stride) => new(data, rows, columns, stride, false);

    /// <summary>The last two axes of a tensor. Only where <see cref="Fits"/>.</summary>
    /// <param name="node">Shape and strides; at least two axes.</param>
    /// <param name="data">Its values or its gradient.</param>
    public static Matrix Of(Node node, float* data)
    {
        int rank = node.Shape.Rank, rows = node.Shape.Sizes[rank - 2], columns = node.Shape.Sizes[rank - 1];
        int down = node.Strides[rank - 2], along = node.Strides[rank - 1];
        return IsPlain(rows, columns, down, along)
            ? new Matrix(data, rows, columns, rows <= 1 ? Math.Max(1, columns) : down, false)
            : new Matrix(data, rows, columns, columns <= 1 ? Math.Max(1, rows) : along, true);
    }

    /// <summary>Whether the last two axes lie so that no copy is needed.</summary>
    public static bool Fits(Node node)
    {
        int rank = node.Shape.Rank, rows = node.Shape.Sizes[rank - 2], columns = node.Shape.Sizes[rank - 1];
        int down = node.Strides[rank - 2], along = node.Strides[rank - 1];
        return IsPlain(rows, columns, down, along) || IsPlain(columns, rows, along, down);
    }

    /// <summary>The same layout elsewhere in memory.</summary>
    public Matrix At(nint offset) => new(Data + offset, Rows, Columns, Stride, IsTransposed);

    /// <summary>c = act(a b + bias), or with c added inside.</summary>
    public static void Multiply(
        in Matrix c, in Matrix a, in Matrix b, bool accumulate, float* bias = null, Activation activation = Activation.None, float* slope = null) =>
        Multiply(1, c, 0, a, 0, b, 0, accumulate, bias, activation, slope);

    /// <summary>The same for <paramref name="count"/> products at fixed distances. A transposed c takes no bias.</summary>
    public static void Multiply(
        int count, in Matrix c, nint distanceC, in Matrix a, nint distanceA, in Matrix b, nint distanceB,
        bool accumulate, float* bias = null, Activation activation = Activation.None, float* slope = null)
    {
        if (c.IsTransposed)
        {
            Multiply(count, c.T, distanceC, b.T, distanceB, a.T, distanceA, accumulate, bias, activation);
            return;
        }

        Gemm.Batch(
            count, a.IsTransposed, b.IsTransposed, c.Rows, c.Columns, a.Columns,
            a.Data, a.Stride, distanceA, b.Data, b.Stride, distanceB, c.Data, c.Stride, distanceC,
            accumulate, bias, activation, slope: slope);
    }

    private static bool IsPlain(int rows, int columns, int down, int along) =>
        (columns <= 1 || along == 1) && (rows <= 1 || down >= Math.Max(1, columns));
}
