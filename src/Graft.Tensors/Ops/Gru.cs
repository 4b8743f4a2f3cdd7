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
    /// the inputs, gates and states of all steps.</remarks>
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

    public static void Forward<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < hidden; k += V.Width)
        {
            int count = Math.Min(V.Width, hidden - k);
            float* at = row.Gates + k, from = row.FromHidden + k;
            V r = VecMath.Sigmoid(V.LoadFirst(at, count) + V.LoadFirst(from, count));
            V z = VecMath.Sigmoid(V.LoadFirst(at + hidden, count) + V.LoadFirst(from + hidden, count));
            V u = V.LoadFirst(from + (2 * hidden), count);
            V n = VecMath.Tanh(V.Fma(r, u, V.LoadFirst(at + (2 * hidden), count)));
            V.StoreFirst(r, at, count);
            V.StoreFirst(z, at + hidden, count);
            V.StoreFirst(n, at + (2 * hidden), count);
            V.StoreFirst(u, row.CellBefore + k, count);
            V.StoreFirst(V.Fma(z, V.LoadFirst(row.HiddenBefore + k, count) - n, n), row.HiddenAfter + k, count);
        }
    }

    public static void Backward<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < hidden; k += V.Width)
        {
            int count = Math.Min(V.Width, hidden - k);
            float* at = row.Gates + k, to = row.GateGradients + k, back = row.FromHiddenGradients + k;
            V r = V.LoadFirst(at, count), z = V.LoadFirst(at + hidden, count), n = V.LoadFirst(at + (2 * hidden), count);
            V dh = V.LoadFirst(row.HiddenGradient + k, count) + V.LoadFirst(row.OutputGradient + k, count);
            V dz = dh * (V.LoadFirst(row.HiddenBefore + k, count) - n) * z * (V.One - z);
            V dn = dh * (V.One - z) * (V.One - (n * n));
            V dr = dn * V.LoadFirst(row.CellBefore + k, count) * r * (V.One - r);
            V.StoreFirst(dr, to, count);
            V.StoreFirst(dz, to + hidden, count);
            V.StoreFirst(dn, to + (2 * hidden), count);
            V.StoreFirst(dr, back, count);
            V.StoreFirst(dz, back + hidden, count);
            V.StoreFirst(dn * r, back + (2 * hidden), count);
            V.StoreFirst(dh * z, row.HiddenGradient + k, count);
        }
    }

    public static void Tangent<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < hidden; k += V.Width)
        {
            int count = Math.Min(V.Width, hidden - k);
            float* at = row.Gates + k, d = row.GateGradients + k, from = row.FromHiddenGradients + k;
            V r = V.LoadFirst(at, count), z = V.LoadFirst(at + hidden, count), n = V.LoadFirst(at + (2 * hidden), count);
            V dr = (V.LoadFirst(d, count) + V.LoadFirst(from, count)) * r * (V.One - r);
            V dz = (V.LoadFirst(d + hidden, count) + V.LoadFirst(from + hidden, count)) * z * (V.One - z);
            V sum = V.Fma(dr, V.LoadFirst(row.CellBefore + k, count), V.LoadFirst(d + (2 * hidden), count));
            V dn = V.Fma(r, V.LoadFirst(from + (2 * hidden), count), sum) * (V.One - (n * n));
            V dh = V.Fma(dz, V.LoadFirst(row.HiddenBefore + k, count) - n, z * V.LoadFirst(row.HiddenGradient + k, count));
            V.StoreFirst(V.Fma(V.One - z, dn, dh), row.HiddenGradient + k, count);
        }
    }
}
