using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>What is left of the gradients behind a rectifier: for each row its terms, one behind the other, the numbers of all slots of a term side by side.</summary>
internal unsafe struct RectifiedTerms
{
    /// <summary>Rows, or outputs, that a task takes together: those of a transposing block.</summary>
    public const int Together = TransposeBlock.Size;

    /// <summary>The numbers of the slots: <see cref="Stride"/> floats a term.</summary>
    public float* Values;

    /// <summary>For each term the float at which its output begins in a panel of two registers of columns.</summary>
    public int* Places;

    /// <summary>For each row how many terms its outputs have before each block of <see cref="Together"/>, and in the end how many it has.</summary>
    public int* Ends;

    /// <summary>Most terms of a row.</summary>
    public int Outputs;

    /// <summary>Floats from a term to the next: the slots, and up to 3 that mean nothing.</summary>
    public int Stride;

    /// <summary>Blocks of outputs.</summary>
    public readonly int Blocks => (Outputs + Together - 1) / Together;

    // A line more than needed: rows that began at the same place of a page would compete for the same sets of the cache.
    private readonly nint Room => ((nint)Outputs * Stride) + 16;

    /// <summary>Floats of <see cref="Values"/>, and of the registers that are read behind the last.</summary>
    public readonly nint ValueCount<V>(int rows)
        where V : struct, IVec<V> => (rows * Room) + (2 * V.Width);

    /// <summary>The terms of a row.</summary>
    public readonly float* ValuesOf(int row) => Values + (row * Room);

    /// <summary>Where they belong.</summary>
    public readonly int* PlacesOf(int row) => Places + ((nint)row * Outputs);

    /// <summary>How many there are before each block of outputs, and altogether.</summary>
    public readonly int* EndsOf(int row) => Ends + ((nint)row * (Blocks + 1));

    /// <summary>Lets a thin tile sum a row, for the slots from one on.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Aim(ThinTile* tile, int row, int slot)
    {
        tile->Count = EndsOf(row)[Blocks];
        tile->Terms = ValuesOf(row) + slot;
        tile->StrideTerm = Stride;
        tile->Offsets = PlacesOf(row);
    }

    /// <summary>Copies the numbers of a term and nothing beyond them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void Copy<V>(float* from, float* to)
        where V : struct, IVec<V>
    {
        if (V.Width == 16 && Stride == 8)
        {
            W256.Store(W256.Load(from), to);
            return;
        }

        int k = 0;
        for (; k <= Stride - V.Width; k += V.Width)
        {
            V.Store(V.Load(from + k), to + k);
        }

        // A term is a multiple of four floats.
        for (; k < Stride; k += 4)
        {
            W128.Store(W128.Load(from + k), to + k);
        }
    }
}
