using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

/// <summary>Copies or adds between layouts. Works on bits where it copies, so integers are served as well.</summary>
internal static unsafe class Copy
{
    public static void Run(Node from, float* to, in Dims toStrides, bool accumulate)
    {
        Run(from.Data, from.Shape, from.Strides, to, toStrides, accumulate);
        GC.KeepAlive(from);
    }

    public static void Run(float* from, in Shape shape, in Dims fromStrides, float* to, in Dims toStrides, bool accumulate)
    {
        Plan plan = Plan.Make(shape, toStrides, fromStrides);

        // Two axes that change places, as between [B, C, H, W] and channels last, go through the blocked transpose.
        if (!accumulate && plan.Axes is 2 or 3 && plan.Inner > 1 && plan.S0[plan.Axes - 1] == 1 && plan.S1[plan.Axes - 2] == 1
            && plan.S0[plan.Axes - 2] >= plan.Inner && plan.S1[plan.Axes - 1] >= plan.Sizes[plan.Axes - 2])
        {
            int axis = plan.Axes - 2;
            int batch = plan.Axes == 3 ? plan.Sizes[0] : 1;
            int rows = plan.Sizes[axis + 1], columns = plan.Sizes[axis];
            nint fromMatrix = plan.Axes == 3 ? plan.S1[0] : 0, toMatrix = plan.Axes == 3 ? plan.S0[0] : 0;
            Transpose.Run(batch, rows, columns, from, fromMatrix, plan.S1[axis + 1], to, toMatrix, plan.S0[axis]);
            return;
        }

        if (accumulate)
        {
            var add = default(AddRow);
            Rows.Run(plan, ref add, to, from);
        }
        else
        {
            var copy = default(CopyRow);
            Rows.Run(plan, ref copy, to, from);
        }
    }

    private struct CopyRow : IRow
    {
        public static int Operands => 2;

        public readonly bool ReadsOutput => false;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => a;
    }

    private struct AddRow : IRow
    {
        public static int Operands => 2;

        public readonly bool ReadsOutput => true;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => o + a;
    }
}
