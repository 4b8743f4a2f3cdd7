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
    private static bool IsJoint(in Sizes shape) => ((long)shape.F + shape.H) * TCell.Gates * shape.H <= MostWeights;

    private static Matrix Rows(in Matrix m, int first, int count) => Columns(m.T, first, count).T;

    private static Matrix Columns(in Matrix m, int first, int count) =>
        m.IsTransposed ? Matrix.Plain(m.Data + (first * m.Stride), count, m.Rows, m.Stride).T : Matrix.Plain(m.Data + first, m.Rows, count, m.Stride);

    /// <summary>What is added to the sums, all blocks; false where there is nothing.</summary>
    private static bool Biases(Node y, in Sizes shape, float* to)
    {
        Node? bi = Optional(y, 0), bh = Optional(y, 1);
        int shared = Shared * shape.H, wide = TCell.Gates * shape.H;
        new Span<float>(to, Sums * shape.H).Clear();
        for (int i = 0; i < wide; i++)
        {
            to[i] += bi is null ? 0 : bi.Data[i];
            to[i < shared ? i : i + shape.H] += bh is null ? 0 : bh.Data[i];
        }

        return bi is not null || bh is not null;
    }

    private static void BiasGradients(Node y, in Sizes shape, float* totals, int groups)
    {
        int h = shape.H, sums = Sums * h, shared = Shared * h;
        using var all = new Scratch(Math.Max(1, sums));
        new Span<float>(all.Data, sums).Clear();
        Shape rows = [groups, sums], vector = [sums];
        Reduce.Into<SumReducer>(totals, rows, rows.RowMajor(), all.Data, Plan.Stretch(vector, vector.RowMajor(), rows), sums);

        float* fromHidden = all.Data + (FromHidden * h);
        if (Optional(y, 1) is { RequiresGrad: true } bh)
        {
            AddVector(bh, fromHidden);
        }

        if (Optional(y, 0) is not { RequiresGrad: true } bi)
        {
            return;
        }

        if (!TCell.HasCell)
        {
            // In the order of the gates: the candidate's comes last.
            new Span<float>(all.Data, h).CopyTo(new Span<float>(fromHidden + shared, h));
        }

        AddVector(bi, fromHidden);
    }

    private static void WeightGradients(Node y, in Work work, in Sizes shape, in Matrix gradients)
    {
        Node wi = y.B!, wh = y.C!;
        if (TCell.HasCell && wi.RequiresGrad && wh.RequiresGrad)
        {
            JointGradients(wi, wh, work, shape, gradients);
            return;
        }

        int steps = gradients.Rows, h = shape.H, shared = Shared * h;
        if (wi.RequiresGrad)
        {
            bool add = wi.BeginGrad();
            Matrix to = Matrix.Of(wi, wi.Grad), inputs = Matrix.Plain(work.Before, steps, shape.F, work.BeforeStride);
            Matrix.Multiply(Rows(to, 0, shared), Columns(gradients, FromHidden * h, shared).T, inputs, add);
            if (!TCell.HasCell)
            {
                Matrix.Multiply(Rows(to, shared, h), Columns(gradients, 0, h).T, inputs, add);
            }
        }

        if (wh.RequiresGrad)
        {
            bool add = wh.BeginGrad();
            Matrix states = Matrix.Plain(work.Before + shape.F, steps, h, work.BeforeStride);
            Matrix.Multiply(Matrix.Of(wh, wh.Grad), Columns(gradients, FromHidden * h, TCell.Gates * h).T, states, add);
        }
    }

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
    private static void JointGradients(Node wi, Node wh, in Work work, in Sizes shape, in Matrix gates)
    {
        bool addInput = wi.BeginGrad(), addHidden = wh.BeginGrad();
        int wide = gates.Columns, rows = shape.F + shape.H;
        Matrix before = Matrix.Plain(work.Before, gates.Rows, rows, work.BeforeStride);
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
        private float* _next;

        /// <param name="depth">Rows of all weights.</param>
        /// <param name="columns">Their columns, of all pieces together.</param>
        public Prepared(int depth, int columns)
        {
            // The last panel of each of three pieces is made up to whole registers, which are also read.
            IsPacked = (long)depth * columns <= MostWeights;
            _memory = new Scratch(IsPacked ? ((long)depth * (columns + 96)) + 64 : (long)depth * columns);
            _next = _memory.Data;
        }

        public bool IsPacked { get; }

        /// <summary>A product with one matrix.</summary>
        public Piece Piece(in Matrix weight, int from, int to, bool accumulate, float* bias)
        {
            var piece = new Piece { Weight = weight, From = from, To = to, Accumulate = accumulate, Bias = bias };
            if (!IsPacked)
            {
                piece.Weight = Plain(weight, _next);
                _next += (nint)weight.Rows * weight.Columns;
                return piece;
            }

            piece.Packed = _next;
            Pack(weight, _next, 0, weight.Rows);
            _next += PackedProduct<W512>.Size(weight.Rows, weight.Columns);
            return piece;
        }

        /// <summary>A product with the rows of two matrices one below the other, which are packed.</summary>
        public Piece Piece(in Matrix above, in Matrix below, float* bias)
        {
            int rows = above.Rows + below.Rows;
            var piece = new Piece { Weight = Matrix.Plain(null, rows, above.Columns, Math.Max(1, above.Columns)), Packed = _next, Bias = bias };
            Pack(above, _next, 0, rows);
            Pack(below, _next, above.Rows, rows);
            _next += PackedProduct<W512>.Size(rows, above.Columns);
            return piece;
        }

        public readonly void Dispose() => _memory.Dispose();

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
