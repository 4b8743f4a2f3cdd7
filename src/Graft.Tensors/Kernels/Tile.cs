namespace Graft.Tensors.Kernels;

/// <summary>One call of the <see cref="MicroKernel{V}"/>: where its operands lie and what becomes of the result.</summary>
/// <remarks>
/// <para>C[r, :] = sum over o, k of A[r, o, k] · B[o, k, :], for r &lt; rows and one or two registers of columns.
/// Strides are bytes. A packed panel, a row-major or transposed matrix and the window of a convolution are the same loop:
/// only the strides differ, and a window's rows are reached through the table of outer offsets.</para>
/// <para>B is read in whole registers: up to one register beyond <see cref="Columns"/>, whose lanes are thrown away.</para>
/// </remarks>
internal unsafe struct Tile
{
    /// <summary>Outer steps: 1 for a plain product, the kernel rows that touch the image for a convolution. 0 sums nothing.</summary>
    public nint OuterCount;

    /// <summary>Steps of k in each outer step.</summary>
    public nint InnerCount;

    /// <summary>Byte offsets of A and B for each outer step; null stands for one step at offset 0.</summary>
    public nint* OuterA;

    public nint* OuterB;

    public byte* A;

    /// <summary>From a row of A to the next.</summary>
    public nint StrideRowA;

    /// <summary>From one k of A to the next.</summary>
    public nint StrideA;

    public byte* B;

    public nint StrideB;

    public byte* C;

    public nint StrideRowC;

    /// <summary>Columns of C in this tile; the last register ends there where <see cref="Masked"/> is set.</summary>
    public int Columns;

    public bool Masked;

    /// <summary>Whether C is added to the sum.</summary>
    public bool Accumulate;

    /// <summary>Whether C is likely to be far away, in memory.</summary>
    public bool Fetch;

    /// <summary>Added to every row, or null; read in whole registers.</summary>
    public float* Bias;

    /// <summary>Added to the result element by element, laid out like C and read in whole registers; or null.</summary>
    public byte* Residual;

    public Activation Activation;
}
