using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;

namespace Graft.Tensors.Ops;

/// <summary>Copies or adds between layouts. Works on bits where it copies, so integers are served as well.</summary>
internal static unsafe class Copy
{
    public static void Run(Node from, float* to, in Dims toStrides, bool accumulate) =>
        Run(from.Data, from.Shape, from.Strides, to, toStrides, accumulate);

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
            for (int b = 0; b < batch; b++)
            {
                float* source = from + (plan.Axes == 3 ? (nint)b * plan.S1[0] : 0);
                float* target = to + (plan.Axes == 3 ? (nint)b * plan.S0[0] : 0);
                Transpose(source, plan.S1[axis + 1], rows, columns, target, plan.S0[axis]);
            }

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

    // to[c, r] = from[r, c], in tiles that fit the first-level cache.
    private static void Transpose(float* from, int fromStride, int rows, int columns, float* to, int toStride)
    {
        const int Tile = 16;
        for (int r0 = 0; r0 < rows; r0 += Tile)
        {
            int r1 = Math.Min(rows, r0 + Tile);
            for (int c0 = 0; c0 < columns; c0 += Tile)
            {
                int c1 = Math.Min(columns, c0 + Tile);
                for (int c = c0; c < c1; c++)
                {
                    float* target = to + ((nint)c * toStride);
                    float* source = from + c;
                    for (int r = r0; r < r1; r++)
                    {
                        target[r] = source[(nint)r * fromStride];
                    }
                }
            }
        }
    }

    private struct CopyRow : IRow
    {
        public static int Operands => 2;

        public readonly bool ReadsOutput => false;

        public readonly void Run(float* o, float* a, float* b, float* c, int n) => Unsafe.CopyBlockUnaligned(o, a, (uint)n * sizeof(float));
    }

    private struct AddRow : IRow
    {
        public static int Operands => 2;

        public readonly bool ReadsOutput => true;

        public readonly void Run(float* o, float* a, float* b, float* c, int n)
        {
            if (Width.Is512)
            {
                Loop<W512>(o, a, n);
            }
            else if (Width.Is256)
            {
                Loop<W256>(o, a, n);
            }
            else
            {
                Loop<W128>(o, a, n);
            }
        }

        private static void Loop<V>(float* o, float* a, int n)
            where V : struct, IVec<V>
        {
            int i = 0;
            for (; i <= n - V.Width; i += V.Width)
            {
                V.Store(V.Load(o + i) + V.Load(a + i), o + i);
            }

            if (i < n)
            {
                V.StoreFirst(V.LoadFirst(o + i, n - i) + V.LoadFirst(a + i, n - i), o + i, n - i);
            }
        }
    }
}
