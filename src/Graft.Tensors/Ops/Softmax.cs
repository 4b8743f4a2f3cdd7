using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;
using Kernel = Graft.Tensors.Kernels.Softmax;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Exponentials along an axis, divided by their sum: numbers in [0, 1] that add up to 1.</summary>
    /// <param name="axis">Which axis; the last costs least.</param>
    /// <param name="scale">Times the elements before, such as one over the temperature.</param>
    /// <returns>Same shape.</returns>
    /// <remarks>Does not overflow. Backward: dx = scale y (dy - sum of dy y). Keeps y. A row that holds NaN or inf gives NaN.</remarks>
    public Tensor Softmax(int axis = -1, float scale = 1) => SoftmaxOperation.Apply(this, axis, scale, log: false);

    /// <summary>The logarithm of <see cref="Softmax"/>, without its rounding.</summary>
    /// <param name="axis">Which axis; the last costs least.</param>
    /// <param name="scale">Times the elements before, such as one over the temperature.</param>
    /// <returns>Same shape; values of 0 or less.</returns>
    /// <remarks>Backward: dx = scale (dy - softmax times the sum of dy). Keeps y. A row that holds NaN or inf gives NaN.</remarks>
    public Tensor LogSoftmax(int axis = -1, float scale = 1) => SoftmaxOperation.Apply(this, axis, scale, log: true);
}

internal sealed unsafe class SoftmaxOperation : Operation
{
    private static readonly SoftmaxOperation Instance = new();

    public override string Name => "Softmax";

    public static Tensor Apply(Tensor input, int axis, float scale, bool log)
    {
        Operand.Float(input, "Softmax");
        axis = input.Shape.Axis(axis);
        if (axis != input.Rank - 1)
        {
            // The axis moves to the end and back; for channels-last maps and axis 1 nothing is copied.
            Span<int> there = stackalloc int[input.Rank], back = stackalloc int[input.Rank];
            for (int i = 0; i < there.Length; i++)
            {
                there[i] = i < axis ? i : i == there.Length - 1 ? axis : i + 1;
                back[there[i]] = i;
            }

            return Apply(input.Permute(there), -1, scale, log).Permute(back);
        }

        Node x = input.Contiguous().Node;
        Node y = Tape.Current.New(x.Shape, x.Shape.RowMajor(), Instance, x);
        y.F0 = scale;
        y.I0 = log ? 1 : 0;
        int n = x.Shape[-1];
        if (y.Count > 0)
        {
            Kernel.Forward(y.Count / n, n, x.Data, y.Data, log, scale);
        }

        Tape.Current.Trace?.Note(log ? "LogSoftmax" : "Softmax", y, [x], ("scale", scale));
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!;
        bool add = x.BeginGrad();
        int n = x.Shape[-1];
        if (y.Count > 0)
        {
            Kernel.Backward(y.Count / n, n, y.Data, y.Grad, x.Grad, y.I0 != 0, add, y.F0);
        }
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!;
        int n = x.Shape[-1];
        y.BeginGrad();
        if (y.Count == 0)
        {
            return;
        }

        if (y.I0 == 0)
        {
            // The matrix of derivatives is symmetric.
            Kernel.Backward(y.Count / n, n, y.Data, x.Grad, y.Grad, log: false, accumulate: false, y.F0);
            return;
        }

        // dy = scale (dx less the sum of softmax times dx).
        for (nint at = 0; at < y.Count; at += n)
        {
            double sum = 0;
            for (int i = 0; i < n; i++)
            {
                sum += MathF.Exp(y.Data[at + i]) * x.Grad[at + i];
            }

            for (int i = 0; i < n; i++)
            {
                y.Grad[at + i] = y.F0 * (x.Grad[at + i] - (float)sum);
            }
        }
    }
}
