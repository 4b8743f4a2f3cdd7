using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

// The weights that every step multiplies by.
internal sealed unsafe partial class Recurrent<TCell>
{
    // What fits into a core's own cache beside what the steps read. It depends on the shape alone, as the order of the sums does.
    private const int MostWeights = 256 * 1024;

    /// <summary>Whether each step multiplies its inputs and the states before it by all weights at once: then sums enter the gates and are used while they are in the cache.</summary>
    private static bool IsJoint(in Sizes shape) => TCell.HasCell && ((long)shape.F + shape.H) * TCell.Gates * shape.H <= MostWeights;

    // Row-major in memory, so that the product of each step reads it as it lies.
    private static Matrix Plain(in Matrix weight, float* copy)
    {
        if (!weight.IsTransposed)
        {
            return weight;
        }

        Transpose.Run(1, weight.Columns, weight.Rows, weight.Data, 0, weight.Stride, copy, 0, weight.Columns);
        return Matrix.Plain(copy, weight.Rows, weight.Columns, Math.Max(1, weight.Columns));
    }

    // Inputs and states lie side by side: the gradients of both weights are one product, which goes through those of the gates once.
    private static void WeightGradients(Node wi, Node wh, in Work work, in Sizes shape, in Matrix gates)
    {
        bool addInput = wi.BeginGrad(), addHidden = wh.BeginGrad();
        int wide = gates.Columns, rows = shape.F + shape.H;
        Matrix before = Matrix.Plain(work.Inputs, gates.Rows, rows, work.InputStride);
        bool isOne = wi.Strides[0] == 1 && wh.Strides[0] == 1 && wi.Strides[1] == wide && wh.Strides[1] == wide
            && wh.Grad == wi.Grad + ((nint)shape.F * wide) && addInput == addHidden;
        if (isOne)
        {
            // As the parameters of one layer lie.
            Matrix.Multiply(Matrix.Plain(wi.Grad, rows, wide, Math.Max(1, wide)), before.T, gates, addInput);
            return;
        }

        using var scratch = new Scratch(Math.Max(1, (long)rows * wide));
        Matrix.Multiply(Matrix.Plain(scratch.Data, rows, wide, Math.Max(1, wide)), before.T, gates, accumulate: false);
        Dims turned = default;
        turned[0] = 1;
        turned[1] = wide;
        Copy.Run(scratch.Data, wi.Shape, turned, wi.Grad, wi.Strides, addInput);
        Copy.Run(scratch.Data + ((nint)shape.F * wide), wh.Shape, turned, wh.Grad, wh.Strides, addHidden);
    }

    /// <summary>Weights made ready once for all steps: in panels where they then stay in a core's own cache, else row-major.</summary>
    private ref struct Prepared : IDisposable
    {
        private readonly Scratch _memory;

        /// <summary>Weights of one product.</summary>
        public Prepared(in Matrix weight)
        {
            Weight = weight;
            if ((long)weight.Rows * weight.Columns > MostWeights)
            {
                _memory = new Scratch((long)weight.Rows * weight.Columns);
                Weight = Plain(weight, _memory.Data);
                return;
            }

            _memory = new Scratch(Room(weight.Rows, weight.Columns));
            Packed = _memory.Data;
            Pack(weight, Packed, 0, weight.Rows);
        }

        /// <summary>The rows of two matrices one below the other, as one.</summary>
        public Prepared(in Matrix above, in Matrix below)
        {
            int rows = above.Rows + below.Rows;
            _memory = new Scratch(Room(rows, above.Columns));
            Packed = _memory.Data;
            Weight = Matrix.Plain(null, rows, above.Columns, Math.Max(1, above.Columns));
            Pack(above, Packed, 0, rows);
            Pack(below, Packed, above.Rows, rows);
        }

        /// <summary>The weights; of those that are packed only the size counts.</summary>
        public Matrix Weight { get; }

        /// <summary>The panels, or null.</summary>
        public float* Packed { get; }

        public readonly void Dispose() => _memory.Dispose();

        // Whole registers are written, and read.
        private static long Room(int rows, int columns) => PackedProduct<W512>.Size(rows, columns) + 64;

        private static void Pack(in Matrix weight, float* to, int first, int rows)
        {
            if (Width.Is512)
            {
                Pack<W512>(weight, to, first, rows);
            }
            else if (Width.Is256)
            {
                Pack<W256>(weight, to, first, rows);
            }
            else
            {
                Pack<W128>(weight, to, first, rows);
            }
        }

        private static void Pack<V>(in Matrix weight, float* to, int first, int rows)
            where V : struct, IVec<V>
        {
            if (weight.IsTransposed)
            {
                PackedProduct<V>.PackTransposed(weight.Data, weight.Stride, weight.Rows, weight.Columns, to, first, rows);
            }
            else
            {
                PackedProduct<V>.Pack(weight.Data, weight.Stride, weight.Rows, weight.Columns, to, first, rows);
            }
        }
    }
}
