using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Ops;

// The weights that every step multiplies by.
internal sealed unsafe partial class Recurrent<TCell>
{
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

    /// <summary>Hidden weights made ready once for all steps: in panels where they then stay in a core's own cache, else row-major.</summary>
    private ref struct Prepared : IDisposable
    {
        // What fits there beside what the steps read. It depends on the shape alone, as the order of the sums does.
        private const int MostWeights = 256 * 1024;

        private Scratch _memory;

        public Prepared(in Matrix weight)
        {
            Weight = weight;
            if ((long)weight.Rows * weight.Columns <= MostWeights)
            {
                Pack();
            }
            else
            {
                _memory = new Scratch((long)weight.Rows * weight.Columns);
                Weight = Plain(weight, _memory.Data);
            }
        }

        public Matrix Weight { get; }

        /// <summary>The panels, or null.</summary>
        public float* Packed { get; private set; }

        public void Dispose() => _memory.Dispose();

        private void Pack()
        {
            if (Width.Is512)
            {
                Pack<W512>();
            }
            else if (Width.Is256)
            {
                Pack<W256>();
            }
            else
            {
                Pack<W128>();
            }
        }

        private void Pack<V>()
            where V : struct, IVec<V>
        {
            // Panels are written in whole registers.
            _memory = new Scratch(PackedProduct<V>.Size(Weight.Rows, Weight.Columns) + (2 * V.Width));
            Packed = _memory.Data;
            if (Weight.IsTransposed)
            {
                PackedProduct<V>.PackTransposed(Weight.Data, Weight.Stride, Weight.Rows, Weight.Columns, Packed);
            }
            else
            {
                PackedProduct<V>.Pack(Weight.Data, Weight.Stride, Weight.Rows, Weight.Columns, Packed);
            }
        }
    }
}
