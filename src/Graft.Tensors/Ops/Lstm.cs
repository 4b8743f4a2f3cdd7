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
    /// inputs, gates, states and cells of all steps.</remarks>
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

    public static void Forward<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < hidden; k += V.Width)
        {
            int n = Math.Min(V.Width, hidden - k);
            float* at = row.Gates + k;
            V i = VecMath.Sigmoid(V.LoadFirst(at, n));
            V f = VecMath.Sigmoid(V.LoadFirst(at + hidden, n));
            V g = VecMath.Tanh(V.LoadFirst(at + (2 * hidden), n));
            V o = VecMath.Sigmoid(V.LoadFirst(at + (3 * hidden), n));
            V c = V.Fma(f, V.LoadFirst(row.CellBefore + k, n), i * g);
            V.StoreFirst(i, at, n);
            V.StoreFirst(f, at + hidden, n);
            V.StoreFirst(g, at + (2 * hidden), n);
            V.StoreFirst(o, at + (3 * hidden), n);
            V.StoreFirst(c, row.CellAfter + k, n);
            V.StoreFirst(o * VecMath.Tanh(c), row.HiddenAfter + k, n);
        }
    }

    public static void Backward<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < hidden; k += V.Width)
        {
            int n = Math.Min(V.Width, hidden - k);
            float* at = row.Gates + k, to = row.GateGradients + k;
            V i = V.LoadFirst(at, n), f = V.LoadFirst(at + hidden, n), g = V.LoadFirst(at + (2 * hidden), n), o = V.LoadFirst(at + (3 * hidden), n);
            V t = VecMath.Tanh(V.LoadFirst(row.CellAfter + k, n));
            V dh = V.LoadFirst(row.HiddenGradient + k, n) + V.LoadFirst(row.OutputGradient + k, n);
            V dc = V.Fma(dh * o, V.One - (t * t), V.LoadFirst(row.CellGradient + k, n));
            V.StoreFirst(dc * g * i * (V.One - i), to, n);
            V.StoreFirst(dc * V.LoadFirst(row.CellBefore + k, n) * f * (V.One - f), to + hidden, n);
            V.StoreFirst(dc * i * (V.One - (g * g)), to + (2 * hidden), n);
            V.StoreFirst(dh * t * o * (V.One - o), to + (3 * hidden), n);
            V.StoreFirst(dc * f, row.CellGradient + k, n);
            V.StoreFirst(V.Zero, row.HiddenGradient + k, n);
        }
    }

    public static void Tangent<V>(in RecurrentRow row, int hidden)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < hidden; k += V.Width)
        {
            int n = Math.Min(V.Width, hidden - k);
            float* at = row.Gates + k, d = row.GateGradients + k;
            V i = V.LoadFirst(at, n), f = V.LoadFirst(at + hidden, n), g = V.LoadFirst(at + (2 * hidden), n), o = V.LoadFirst(at + (3 * hidden), n);
            V di = V.LoadFirst(d, n) * i * (V.One - i), df = V.LoadFirst(d + hidden, n) * f * (V.One - f);
            V dg = V.LoadFirst(d + (2 * hidden), n) * (V.One - (g * g)), dO = V.LoadFirst(d + (3 * hidden), n) * o * (V.One - o);
            V t = VecMath.Tanh(V.LoadFirst(row.CellAfter + k, n));
            V dc = V.Fma(di, g, V.Fma(i, dg, V.Fma(df, V.LoadFirst(row.CellBefore + k, n), f * V.LoadFirst(row.CellGradient + k, n))));
            V.StoreFirst(dc, row.CellGradient + k, n);
            V.StoreFirst(V.Fma(dO, t, o * (V.One - (t * t)) * dc), row.HiddenGradient + k, n);
        }
    }
}
