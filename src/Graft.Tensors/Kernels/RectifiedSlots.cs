using Graft.Tensors.Memory;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>The way back through y = max(0, x Wᵀ + b) for several gradients D_k of y at once, without the products that the rectifier makes 0.</summary>
/// <remarks>
/// <para>Where y is not positive, the gradients of all slots are 0, so that a row of dX_k = D_k W has the same terms in every slot, and so has a row of dW_k = D_kᵀ x.
/// The terms that are left are collected (<see cref="RectifiedCollection{V}"/>), the numbers of all slots side by side; then a tile of the <see cref="MicroKernel{V}"/> has a row for each
/// slot, and its steps go from one term to the next through the table of outer offsets. Half of the terms are left in a usual network, and half of the time is. Where x came
/// through a rectifier as well, so is half of that for dX (<see cref="RectifiedInputs{V}"/>); for dW (<see cref="RectifiedWeights{V}"/>) what could be saved is lost by loads.</para>
/// <para>The factors W and x are packed once, in panels of two registers of columns. A sum runs over its terms in order, so the partition changes no bits; what is left out
/// is never multiplied, not even with infinity.</para>
/// </remarks>
internal static unsafe class RectifiedSlots
{
    // Fewer rows of a tile do not hide what its steps cost beside the multiplications, about as much as those of 1.5 rows.
    private const int LeastSlots = 3;
    private const double StepRows = 1.5;

    // Time that it may take at most, by that estimate, in shares of the dense products'.
    private const double MostTime = 0.9;

    // Slots from which, and share of the columns up to which, it pays to pick those that are wanted.
    private const int LeastThinSlots = 5;
    private const double MostThin = 0.6;

    // Terms of a sum up to which a panel stays in the second-level cache.
    private const int MostTerms = 4096;

    // Columns and multiplications below which collecting costs more than it saves.
    private const int LeastInputs = 64;
    private const long LeastWork = 1 << 21;

    // Inputs whose places a task keeps on its stack, at most.
    private const int MostThinInputs = 64 * 1024;

    /// <summary>Whether the shapes and the results are such that it takes less time than dense products.</summary>
    public static bool Pays(in RectifiedLayer p) =>
        p.Slots >= LeastSlots && p.Inputs >= LeastInputs && p.Rows <= MostTerms && p.Outputs <= MostTerms && (long)p.Slots * p.Rows * p.Outputs * p.Inputs >= LeastWork
        && Passed(p.Y, p.Outputs, p.Rows, p.Outputs) * (p.Slots + StepRows) <= MostTime * p.Slots;

    /// <summary>Computes all gradients that are wanted.</summary>
    public static void Run(in RectifiedLayer p)
    {
        bool isThin = IsThinCheaper(p);
        if (Width.Is512)
        {
            Run<W512>(p, isThin);
        }
        else if (Width.Is256)
        {
            Run<W256>(p, isThin);
        }
        else
        {
            Run<W128>(p, isThin);
        }
    }

    /// <summary>The same in registers of one width.</summary>
    /// <param name="p">The operands.</param>
    /// <param name="isThin">Whether only those gradients of x are computed that are wanted.</param>
    internal static void Run<V>(in RectifiedLayer p, bool isThin)
        where V : struct, IVec<V>
    {
        int wide = RectifiedPanels<V>.Wide, strips = (p.Inputs + wide - 1) / wide, most = Math.Max(p.Rows, p.Outputs);
        var terms = new RectifiedTerms { Outputs = p.Outputs, Stride = (p.Slots + 3) / 4 * 4 };
        nint weights = p.DX == null ? 0 : (nint)strips * wide * p.Outputs, inputs = p.DW == null ? 0 : (nint)strips * wide * p.Rows;

        // Rows of x want terms that lie row by row; the outputs then take theirs from there.
        nint values = 0, places = 0, ends = 0;
        if (p.DX != null)
        {
            (values, places, ends) = (Lines(terms.ValueCount<V>(p.Rows)), Lines((nint)p.Rows * p.Outputs), Lines(p.Rows * (terms.Blocks + 1)));
        }

        using var scratch = new Scratch(values + weights + inputs + places + ends + (2 * most));
        terms.Values = values == 0 ? null : scratch.Data;
        float* panel = scratch.Data + values;
        var panels = new RectifiedPanels<V> { Strips = strips, Weights = weights == 0 ? null : panel, Inputs = inputs == 0 ? null : panel + weights };
        terms.Places = (int*)(panel + weights + inputs);
        terms.Ends = terms.Places + places;
        var steps = (nint*)(terms.Ends + ends);
        for (int i = 0; i < most; i++)
        {
            steps[i] = i * terms.Stride * sizeof(float);
        }

        var readying = new Readying<V> { Collection = new RectifiedCollection<V> { Layer = p, Terms = terms }, Panels = panels };
        Team.For(readying.Collection.Tasks + panels.Tasks, ref readying);
        var products = new Products<V>
        {
            Inputs = new RectifiedInputs<V> { Layer = p, Terms = terms, Panels = panels, Steps = steps, IsThin = isThin },
            Weights = new RectifiedWeights<V> { Layer = p, Terms = terms, Panels = panels, Steps = steps },
        };
        Team.For(products.Inputs.Tasks + products.Weights.Tasks, ref products);
    }

    private static nint Lines(nint floats) => (floats + 15) / 16 * 16;

    // Whether it takes less time to compute the columns that are wanted than all: large registers hold about as many as pass of two, and cost less to pick than they save.
    private static bool IsThinCheaper(in RectifiedLayer p) =>
        Width.Is512 && p.IsXRectified && p.DX != null && p.Inputs <= MostThinInputs && p.Slots >= LeastThinSlots && Passed(p.X, p.StrideX, p.Rows, p.Inputs) <= MostThin;

    // The share of positive numbers of a matrix.
    private static double Passed(float* y, nint stride, int rows, int columns)
    {
        if (stride == columns)
        {
            (rows, columns) = (1, rows * columns);
        }

        double passed = 0;
        for (int n = 0; n < rows; n++, y += stride)
        {
            passed += Width.Is512 ? Passed<W512>(y, columns) : Width.Is256 ? Passed<W256>(y, columns) : Passed<W128>(y, columns);
        }

        return passed / Math.Max(1, (double)rows * columns);
    }

    // Counts exactly: a lane counts at most 4096 x 4096 numbers over its width.
    private static double Passed<V>(float* y, int count)
        where V : struct, IVec<V>
    {
        V one = V.One, zero = V.Zero, first = zero, second = zero;
        int i = 0;
        for (; i <= count - (2 * V.Width); i += 2 * V.Width)
        {
            first += V.And(V.Greater(V.Load(y + i), zero), one);
            second += V.And(V.Greater(V.Load(y + i + V.Width), zero), one);
        }

        for (; i < count; i += V.Width)
        {
            first += V.And(V.Greater(V.LoadFirst(y + i, Math.Min(V.Width, count - i)), zero), one);
        }

        return (double)V.Sum(first) + V.Sum(second);
    }

    // The first tasks collect terms, the others pack panels.
    private struct Readying<V> : IJob
        where V : struct, IVec<V>
    {
        public RectifiedCollection<V> Collection;
        public RectifiedPanels<V> Panels;

        public readonly void Run(int index)
        {
            int tasks = Collection.Tasks;
            if (index < tasks)
            {
                Collection.Run(index);
            }
            else
            {
                Panels.Pack(Collection.Layer, index - tasks);
            }
        }
    }

    // The first tasks make rows of dX, the others those of dW.
    private struct Products<V> : IJob
        where V : struct, IVec<V>
    {
        public RectifiedInputs<V> Inputs;
        public RectifiedWeights<V> Weights;

        public readonly void Run(int index)
        {
            int tasks = Inputs.Tasks;
            if (index < tasks)
            {
                Inputs.Run(index);
            }
            else
            {
                Weights.Run(index - tasks);
            }
        }
    }
}
