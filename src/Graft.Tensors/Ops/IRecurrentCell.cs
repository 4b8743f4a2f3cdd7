using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

/// <summary>The mathematics of one step of one row of a recurrent op, for units first to last-1: whole registers, or what is left beyond them.</summary>
/// <remarks>The way there keeps no gates but what the way back, and forward mode, multiply by: the derivatives of the new state, which cost a few operations while the gates are in
/// registers. What a unit has of anything lies H floats apart: sums, kept factors and gradients are blocks of H.</remarks>
internal unsafe interface IRecurrentCell
{
    /// <summary>The op's name for messages.</summary>
    static abstract string Name { get; }

    /// <summary>How many blocks of H the weights have.</summary>
    static abstract int Gates { get; }

    /// <summary>Whether there is a cell beside the hidden state. Where there is none, the last gate has a sum of its own for what comes from the hidden state.</summary>
    static abstract bool HasCell { get; }

    /// <summary>How many blocks of factors go from state to state, beside the four that go to sums.</summary>
    static abstract int Carried { get; }

    /// <summary>From a row's sums to gates, in place, as far as each depends on one sum.</summary>
    static abstract void Activate<V>(float* sums, int hidden)
        where V : struct, IVec<V>;

    /// <summary>From what <see cref="Activate{V}"/> has left to the new state and the factors.</summary>
    static abstract void Forward<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst;

    /// <summary>From the gradient of the new state to those of the sums and, as far as they do not come through the sums, of the old state.</summary>
    static abstract void Backward<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst;

    /// <summary>From the derivatives of the sums and of the old state, along a direction, to that of the new state, which takes the old one's place.</summary>
    static abstract void Tangent<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst;
}

/// <summary>Where the numbers of one step of one row lie.</summary>
internal unsafe struct RecurrentRow
{
    /// <summary>What enters the gates: four blocks. Without a cell the last two are the candidate's: from the input, from the hidden state.</summary>
    public float* Sums;

    /// <summary>The factors that go to the sums, four blocks; they may lie where the sums did.</summary>
    public float* Kept;

    /// <summary>The factors that go from state to state.</summary>
    public float* Carried;

    public float* HiddenBefore;
    public float* HiddenAfter;

    /// <summary>The new hidden state once more, for the user.</summary>
    public float* Output;

    /// <summary>The cell, in place.</summary>
    public float* Cell;

    // Backward; in forward mode derivatives along the direction.
    public float* OutputGradient;
    public float* HiddenGradient;
    public float* CellGradient;

    /// <summary>Four blocks, in place of the factors or elsewhere. Without a cell: the candidate's sum from the input, then those from the hidden state, gate by gate.</summary>
    public float* SumGradients;

    /// <summary>Those of some rows and all steps so far, added up.</summary>
    public float* Totals;

    /// <summary>Forward mode: the derivatives of what the input, and the hidden state, send to each gate.</summary>
    public float* GateTangents;

    public float* FromHiddenTangents;
}
