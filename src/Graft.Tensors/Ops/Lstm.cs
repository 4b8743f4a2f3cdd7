using System.Runtime.CompilerServices;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Long short-term memory over sequences: all steps of one layer in one direction.</summary>
    /// <param name="inputWeight">Shape [4 H, F]: the blocks of input, forget, candidate and output gate, as in PyTorch.</param>
    /// <param name="hiddenWeight">Shape [4 H, H].</param>
    /// <param name="inputBias">Shape [4 H], or absent.</param>
    /// <param name="hiddenBias">Shape [4 H], or absent; added to the other.</param>
    /// <param name="lengths">Integers [B], from 0 to T: steps of each row that count; absent: all. Later ones leave the row's state as it is.</param>
    /// <param name="hidden">First hidden states [B, H]; absent: 0.</param>
    /// <param name="cell">First cells [B, H]; absent: 0.</param>
    /// <param name="reverse">Whether each row is read from its last step to its first.</param>
    /// <returns>For this tensor of shape [B, T, F].</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>i, f, o = sigmoid, g = tanh of W x + U h + b; c' = f c + i g; h' = o tanh c'. Backward: through time, to everything given. Keeps the
    /// inputs, states and derivatives of all steps.</remarks>
    public RecurrentResult Lstm(
        Tensor inputWeight, Tensor hiddenWeight, Tensor? inputBias = null, Tensor? hiddenBias = null, Tensor? lengths = null,
        Tensor? hidden = null, Tensor? cell = null, bool reverse = false) =>
        Recurrent<LstmCell>.Apply(this, inputWeight, hiddenWeight, inputBias, hiddenBias, lengths, hidden, cell, reverse);
}

internal readonly unsafe struct LstmCell : IRecurrentCell
{
    public static string Name => "Lstm";

    public static int Gates => 4;

    public static bool HasCell => true;

    public static int Carried => 2;

    public static void Activate<V>(float* sums, int hidden)
        where V : struct, IVec<V>
    {
        Squash.Sigmoid<V>(sums, 2 * hidden);
        Squash.Tanh<V>(sums + (2 * hidden), hidden);
        Squash.Sigmoid<V>(sums + (3 * hidden), hidden);
    }

    // c' = f c + i g and h' = o t, t = tanh c'. Kept, in this order: how c' changes with the sums of i, f and g; how h' does with that of o; f; how h' changes with c'.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst
    {
        int count = last - first;
        for (int k = first; k < last; k += V.Width)
        {
            float* sums = row.Sums + k, kept = row.Kept + k;
            V i = Lanes<V>.Load<Partial>(sums, count), f = Lanes<V>.Load<Partial>(sums + hidden, count);
            V g = Lanes<V>.Load<Partial>(sums + (2 * hidden), count), o = Lanes<V>.Load<Partial>(sums + (3 * hidden), count);
            V stays = f * Lanes<V>.Load<Partial>(row.Cell + k, count), comes = i * g, c = stays + comes;
            V t = VecMath.Tanh(c), h = o * t;
            Lanes<V>.Store<Partial>(c, row.Cell + k, count);
            Lanes<V>.Store<Partial>(h, row.HiddenAfter + k, count);
            Lanes<V>.Store<Partial>(h, row.Output + k, count);

            // s (1 - s) of a sigmoid, 1 - t t of a hyperbolic tangent, each times what it is multiplied by.
            Lanes<V>.Store<Partial>(V.Fma(-comes, i, comes), kept, count);
            Lanes<V>.Store<Partial>(V.Fma(-stays, f, stays), kept + hidden, count);
            Lanes<V>.Store<Partial>(V.Fma(-comes, g, i), kept + (2 * hidden), count);
            Lanes<V>.Store<Partial>(V.Fma(-h, o, h), kept + (3 * hidden), count);
            Lanes<V>.Store<Partial>(f, row.Carried + k, count);
            Lanes<V>.Store<Partial>(V.Fma(-h, t, o), row.Carried + hidden + k, count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Backward<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst
    {
        int count = last - first;
        for (int k = first; k < last; k += V.Width)
        {
            float* kept = row.Kept + k, to = row.SumGradients + k, totals = row.Totals + k;
            V dh = Lanes<V>.Load<Partial>(row.HiddenGradient + k, count) + Lanes<V>.Load<Partial>(row.OutputGradient + k, count);
            V dc = V.Fma(dh, Lanes<V>.Load<Partial>(row.Carried + hidden + k, count), Lanes<V>.Load<Partial>(row.CellGradient + k, count));
            Lanes<V>.Store<Partial>(dc * Lanes<V>.Load<Partial>(row.Carried + k, count), row.CellGradient + k, count);
            Lanes<V>.Store<Partial>(V.Zero, row.HiddenGradient + k, count);
            Lanes<V>.Put<Partial>(dc * Lanes<V>.Load<Partial>(kept, count), to, totals, count);
            Lanes<V>.Put<Partial>(dc * Lanes<V>.Load<Partial>(kept + hidden, count), to + hidden, totals + hidden, count);
            Lanes<V>.Put<Partial>(dc * Lanes<V>.Load<Partial>(kept + (2 * hidden), count), to + (2 * hidden), totals + (2 * hidden), count);
            Lanes<V>.Put<Partial>(dh * Lanes<V>.Load<Partial>(kept + (3 * hidden), count), to + (3 * hidden), totals + (3 * hidden), count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Tangent<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst
    {
        int count = last - first;
        for (int k = first; k < last; k += V.Width)
        {
            float* kept = row.Kept + k, sums = row.GateTangents + k;
            V dc = Lanes<V>.Load<Partial>(row.Carried + k, count) * Lanes<V>.Load<Partial>(row.CellGradient + k, count);
            dc = V.Fma(Lanes<V>.Load<Partial>(kept, count), Lanes<V>.Load<Partial>(sums, count), dc);
            dc = V.Fma(Lanes<V>.Load<Partial>(kept + hidden, count), Lanes<V>.Load<Partial>(sums + hidden, count), dc);
            dc = V.Fma(Lanes<V>.Load<Partial>(kept + (2 * hidden), count), Lanes<V>.Load<Partial>(sums + (2 * hidden), count), dc);
            V dh = Lanes<V>.Load<Partial>(row.Carried + hidden + k, count) * dc;
            dh = V.Fma(Lanes<V>.Load<Partial>(kept + (3 * hidden), count), Lanes<V>.Load<Partial>(sums + (3 * hidden), count), dh);
            Lanes<V>.Store<Partial>(dc, row.CellGradient + k, count);
            Lanes<V>.Store<Partial>(dh, row.HiddenGradient + k, count);
        }
    }
}
