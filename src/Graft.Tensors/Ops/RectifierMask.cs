using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

/// <summary>The backward of a fused ReLU or ReLU6: clears the gradient where the output was clipped, in place.</summary>
internal static unsafe class RectifierMask
{
    /// <param name="y">Its gradient is complete and belongs to nobody else.</param>
    /// <param name="activation">Which.</param>
    public static void Apply(Node y, Activation activation = Activation.Relu)
    {
        var row = new Row { Bound = BoundOf(activation) };
        Rows.Run(Plan.Make(y.Shape, y.Strides, y.Strides), ref row, y.Grad, y.Data);
    }

    /// <summary>The same for a gradient and an output of one layout.</summary>
    public static void Apply(float* gradient, float* output, int count, Activation activation)
    {
        var row = new Row { Bound = BoundOf(activation) };
        Rows.Run(Plan.Slots(1, count, 0, 0), ref row, gradient, output);
    }

    /// <summary>The same for the gradients in all slots, of a ReLU.</summary>
    public static void ApplySlots(Node y)
    {
        var row = new Row { Bound = BoundOf(Activation.Relu) };
        Rows.Run(Plan.Slots(y.SlotCount, y.Count, y.SlotDistance, 0), ref row, y.Slots, y.Data);
    }

    // No output reaches NaN.
    private static float BoundOf(Activation activation) => activation == Activation.Relu6 ? 6 : float.NaN;

    private struct Row : IRow
    {
        public float Bound;

        public static int Operands => 2;

        public readonly bool ReadsOutput => true;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => V.AndNot(V.GreaterOrEqual(a, V.All(Bound)), V.And(o, V.Greater(a, V.Zero)));
    }
}
