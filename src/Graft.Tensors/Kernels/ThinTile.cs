namespace Graft.Tensors.Kernels;

/// <summary>One call of the <see cref="PickKernel{V}"/> or the <see cref="SlotKernel{V}"/>: where their operands lie. Strides and offsets are floats.</summary>
/// <remarks>C[k, j] = sum over the terms t of T[t, k] · B[t, column j], for some slots k and some columns of a panel, wherever they lie in it.</remarks>
internal unsafe struct ThinTile
{
    /// <summary>The first term's numbers, of all slots side by side; those of the <see cref="SlotKernel{V}"/> are read in whole registers.</summary>
    public float* Terms;

    /// <summary>From a term to the next.</summary>
    public nint StrideTerm;

    /// <summary>How many terms.</summary>
    public int Count;

    /// <summary>For each term, where its row of the panel begins.</summary>
    public int* Offsets;

    /// <summary>The panel: rows of two registers.</summary>
    public float* B;

    /// <summary>The columns of the panel that are wanted, in ascending order; a whole register of them is read.</summary>
    public int* Columns;

    /// <summary>Gets the sums, in whole registers: of the <see cref="PickKernel{V}"/> [slots, columns wanted], of the <see cref="SlotKernel{V}"/> [columns wanted, slots].</summary>
    public float* C;
}
