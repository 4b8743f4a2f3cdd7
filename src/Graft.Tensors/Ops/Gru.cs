using System.Runtime.CompilerServices;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Gated recurrent units over sequences: all steps of one layer in one direction.</summary>
    /// <param name="inputWeight">Shape [3 H, F]: the blocks of reset gate, update gate and candidate, as in PyTorch.</param>
    /// <param name="hiddenWeight">Shape [3 H, H].</param>
    /// <param name="inputBias">Shape [3 H], or absent.</param>
    /// <param name="hiddenBias">Shape [3 H], or absent; the candidate's part lies inside the reset.</param>
    /// <param name="lengths">Integers [B], from 0 to T: steps of each row that count; absent: all. Later ones leave the row's state as it is.</param>
    /// <param name="hidden">First hidden states [B, H]; absent: 0.</param>
    /// <param name="reverse">Whether each row is read from its last step to its first.</param>
    /// <returns>For this tensor of shape [B, T, F]; there is no cell.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>r, z = sigmoid of W x + U h + b; n = tanh(W x + b + r (U h + b')); h' = (1 - z) n + z h. Backward: through time, to everything given. Keeps
    /// the inputs, states and derivatives of all steps.</remarks>
    public RecurrentResult Gru(
        Tensor inputWeight, Tensor hiddenWeight, Tensor? inputBias = null, Tensor? hiddenBias = null, Tensor? lengths = null,
        Tensor? hidden = null, bool reverse = false) =>
        Recurrent<GruCell>.Apply(this, inputWeight, hiddenWeight, inputBias, hiddenBias, lengths, hidden, null, reverse);
}

internal readonly unsafe struct GruCell : IRecurrentCell
{
    public static string Name => "Gru";

    public static int Gates => 3;

    public static bool HasCell => false;

    public static int Carried => 1;

    public static void Activate<V>(float* sums, int hidden)
        where V : struct, IVec<V> => Squash.Sigmoid<V>(sums, 2 * hidden);

    // h' = (1 - z) n + z h with n = tanh(x + r u), u from the hidden state. Kept: how h' changes with x, with the sums of r and z, with u, with h.
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Forward<V, Partial>(in RecurrentRow row, int hidden, int first, int last)
        where V : struct, IVec<V>
        where Partial : IConst
    {
        int count = last - first;
        for (int k = first; k < last; k += V.Width)
        {
            float* sums = row.Sums + k, kept = row.Kept + k;
            V r = Lanes<V>.Load<Partial>(sums, count), z = Lanes<V>.Load<Partial>(sums + hidden, count);
            V u = Lanes<V>.Load<Partial>(sums + (3 * hidden), count);
            V n = VecMath.Tanh(V.Fma(r, u, Lanes<V>.Load<Partial>(sums + (2 * hidden), count)));
            V apart = Lanes<V>.Load<Partial>(row.HiddenBefore + k, count) - n, h = V.Fma(z, apart, n);
            Lanes<V>.Store<Partial>(h, row.HiddenAfter + k, count);
            Lanes<V>.Store<Partial>(h, row.Output + k, count);

            V candidate = (V.One - z) * V.Fma(-n, n, V.One), reset = candidate * r;
            Lanes<V>.Store<Partial>(candidate, kept, count);
            Lanes<V>.Store<Partial>(u * V.Fma(-reset, r, reset), kept + hidden, count);
            Lanes<V>.Store<Partial>(apart * V.Fma(-z, z, z), kept + (2 * hidden), count);
            Lanes<V>.Store<Partial>(reset, kept + (3 * hidden), count);
            Lanes<V>.Store<Partial>(z, row.Carried + k, count);
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
            Lanes<V>.Store<Partial>(dh * Lanes<V>.Load<Partial>(row.Carried + k, count), row.HiddenGradient + k, count);
            Lanes<V>.Put<Partial>(dh * Lanes<V>.Load<Partial>(kept, count), to, totals, count);
            Lanes<V>.Put<Partial>(dh * Lanes<V>.Load<Partial>(kept + hidden, count), to + hidden, totals + hidden, count);
            Lanes<V>.Put<Partial>(dh * Lanes<V>.Load<Partial>(kept + (2 * hidden), count), to + (2 * hidden), totals + (2 * hidden), count);
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
            float* kept = row.Kept + k, sums = row.GateTangents + k, from = row.FromHiddenTangents + k;
            V dr = Lanes<V>.Load<Partial>(sums, count) + Lanes<V>.Load<Partial>(from, count);
            V dz = Lanes<V>.Load<Partial>(sums + hidden, count) + Lanes<V>.Load<Partial>(from + hidden, count);
            V dh = Lanes<V>.Load<Partial>(row.Carried + k, count) * Lanes<V>.Load<Partial>(row.HiddenGradient + k, count);
            dh = V.Fma(Lanes<V>.Load<Partial>(kept, count), Lanes<V>.Load<Partial>(sums + (2 * hidden), count), dh);
            dh = V.Fma(Lanes<V>.Load<Partial>(kept + hidden, count), dr, dh);
            dh = V.Fma(Lanes<V>.Load<Partial>(kept + (2 * hidden), count), dz, dh);
            dh = V.Fma(Lanes<V>.Load<Partial>(kept + (3 * hidden), count), Lanes<V>.Load<Partial>(from + (2 * hidden), count), dh);
            Lanes<V>.Store<Partial>(dh, row.HiddenGradient + k, count);
        }
    }
}
