using System.Runtime.CompilerServices;
using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;
using Graft.Tensors.Threading;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Chosen places along axis 0: row i of the result is row indices[i] of this tensor. An embedding is this, on a table.</summary>
    /// <param name="indices">Integers of any shape I, each from 0 to the first size less one.</param>
    /// <returns>Shape [I..., rest of the axes].</returns>
    /// <exception cref="ShapeException">An index lies outside.</exception>
    /// <remarks>Backward: each row's gradient is added to the row it came from, in order. Cost: the rows read.</remarks>
    public Tensor IndexSelect(Tensor indices) => IndexSelectOperation.Apply(this, indices, 0);

    /// <summary>The rows of this table that integers name: <see cref="IndexSelect"/> where one row may stand for nothing.</summary>
    /// <param name="indices">Integers of any shape I, each from 0 to the first size less one.</param>
    /// <param name="paddingIndex">The row that never gets a gradient; -1: none.</param>
    /// <returns>Shape [I..., rest of the axes].</returns>
    /// <exception cref="ShapeException">An index lies outside.</exception>
    public Tensor Embedding(Tensor indices, int paddingIndex = -1) => IndexSelectOperation.Apply(this, indices, 0, paddingIndex);

    /// <summary>One element along the last axis for each of the others: y[..., i] = x[..., indices[..., i]].</summary>
    /// <param name="indices">Integers, the shape of this tensor but for the last axis.</param>
    /// <returns>The shape of the indices.</returns>
    /// <exception cref="ShapeException">Shapes differ, or an index lies outside.</exception>
    /// <remarks>Backward: added to where it came from, in order.</remarks>
    public Tensor Gather(Tensor indices)
    {
        Node node = Operand.Float(this, "Gather");
        Node places = Operand.Integer(indices, "Gather");
        int rank = node.Shape.Rank;
        if (rank == 0 || places.Shape.Rank != rank || places.Shape.With(rank - 1, 0) != node.Shape.With(rank - 1, 0))
        {
            throw new ShapeException("Gather", $"indices of shape {node.Shape} but for the last axis", places.Shape.ToString());
        }

        return GatherOperation.Apply(Contiguous().Node, places);
    }

    /// <summary>Adds rows into a table: result = this, and then result[indices[i]] += rows[i], in order.</summary>
    /// <param name="indices">Integers of shape [n], each from 0 to the first size less one.</param>
    /// <param name="rows">Shape [n, rest of the axes].</param>
    /// <exception cref="ShapeException">Shapes do not fit, or an index lies outside.</exception>
    public Tensor ScatterAdd(Tensor indices, Tensor rows) => this + IndexSelectOperation.Apply(rows, indices, Shape[0]);
}

/// <summary>Rows by index; with a table size the other way round: rows added into an empty table. Each is the other's backward.</summary>
internal sealed unsafe class IndexSelectOperation : Operation
{
    // Enough of a row to be read at a stretch, few enough to share a row out.
    private const int ColumnsOfTask = 64;

    // Floats of a row that are worth registers of their own.
    private const int LeastWidth = 16;

    // Rows from the one that is copied to the one that is fetched meanwhile.
    private const int RowsAhead = 8;

    private static readonly IndexSelectOperation Instance = new();

    public override string Name => "IndexSelect";

    /// <param name="source">The table, or the rows to scatter.</param>
    /// <param name="indices">Row numbers.</param>
    /// <param name="scatterTo">0: select. Otherwise the number of rows of the table to scatter into.</param>
    /// <param name="withoutGradient">The row of the table that gets no gradient; -1: none.</param>
    public static Tensor Apply(Tensor source, Tensor indices, int scatterTo, int withoutGradient = -1)
    {
        Operand.Float(source, "IndexSelect");
        Node x = source.Contiguous().Node, places = Operand.Integer(indices, "IndexSelect");
        if (x.Shape.Rank == 0 || (scatterTo > 0 && (places.Shape.Rank != 1 || places.Count != x.Shape[0])))
        {
            throw new ShapeException("IndexSelect", "rows, one for each index", $"{x.Shape} for {places.Shape}");
        }

        int rows = scatterTo > 0 ? scatterTo : x.Shape[0], width = x.Shape[0] == 0 ? 0 : x.Count / x.Shape[0];
        CheckRange(places, rows, "IndexSelect");
        int lead = scatterTo > 0 ? 1 : places.Shape.Rank;
        Span<int> sizes = stackalloc int[lead + x.Shape.Rank - 1];
        if (scatterTo > 0)
        {
            sizes[0] = scatterTo;
        }
        else
        {
            places.Shape.Sizes.CopyTo(sizes);
        }

        x.Shape.Sizes[1..].CopyTo(sizes[lead..]);
        Shape shape = Shape.Create(sizes);
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, x, places);
        y.I0 = scatterTo;
        y.I1 = width;
        y.Ints[0] = withoutGradient;
        if (scatterTo > 0)
        {
            new Span<float>(y.Data, y.Count).Clear();
            Scatter((int*)places.Data, places.Count, width, x.Data, y.Data, without: -1);
        }
        else
        {
            Select((int*)places.Data, places.Count, width, x.Data, rows, y.Data, add: false);
        }

        Tape.Current.Trace?.Note(scatterTo > 0 ? "Scatter" : "IndexSelect", y, [x, places]);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, places = y.B!;
        bool add = x.BeginGrad();
        if (y.I0 > 0)
        {
            Select((int*)places.Data, places.Count, y.I1, y.Grad, y.I0, x.Grad, add);
            return;
        }

        if (!add)
        {
            new Span<float>(x.Grad, x.Count).Clear();
        }

        Scatter((int*)places.Data, places.Count, y.I1, y.Grad, x.Grad, y.Ints[0]);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, places = y.B!;
        y.BeginGrad();
        if (y.I0 > 0)
        {
            new Span<float>(y.Grad, y.Count).Clear();
            Scatter((int*)places.Data, places.Count, y.I1, x.Grad, y.Grad, without: -1);
            return;
        }

        Select((int*)places.Data, places.Count, y.I1, x.Grad, x.Shape[0], y.Grad, add: false);
        for (int i = 0; i < places.Count; i++)
        {
            if (((int*)places.Data)[i] == y.Ints[0])
            {
                new Span<float>(y.Grad + ((nint)i * y.I1), y.I1).Clear();
            }
        }
    }

    /// <summary>Rows of a table one behind the other.</summary>
    /// <param name="table">Rows of so many numbers.</param>
    /// <param name="width">Numbers in a row; at least 1.</param>
    /// <param name="places">Which rows.</param>
    /// <param name="to">As long as these rows.</param>
    internal static void Select(ReadOnlySpan<float> table, int width, ReadOnlySpan<int> places, Span<float> to)
    {
        foreach (int place in places)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)place, (uint)(table.Length / width), nameof(places));
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(to.Length, checked(places.Length * width), nameof(to));
        fixed (float* from = table, target = to)
        fixed (int* rows = places)
        {
            Select(rows, places.Length, width, from, table.Length / width, target, add: false);
        }
    }

    internal static void CheckRange(Node places, int count, string operation)
    {
        int* p = (int*)places.Data;
        for (int i = 0; i < places.Count; i++)
        {
            if ((uint)p[i] >= (uint)count)
            {
                throw new ShapeException(operation, $"indices from 0 to {count - 1}", $"{p[i]} at place {i}");
            }
        }
    }

    private static void Select(int* places, int n, int width, float* from, int rows, float* to, bool add)
    {
        if (!add && TableRows.Fits(n, width, to))
        {
            TableRows.Copy(places, n, from, rows, width, to);
            return;
        }

        var job = new SelectJob { Places = places, Count = n, Width = width, From = from, To = to, Add = add, Together = Lanes<W128>.RowsPerTask(n, width) };
        Team.For((n + job.Together - 1) / job.Together, ref job);
    }

    private static void Scatter(int* places, int n, int width, float* from, float* to, int without)
    {
        var job = new ScatterJob { Places = places, Count = n, Width = width, From = from, To = to, Without = without };
        job.Columns = (long)n * width < 2 * Rows.Grain ? Math.Max(1, width) : ColumnsOfTask;
        Team.For((width + job.Columns - 1) / job.Columns, ref job);
    }

    private static void Add(float* from, float* to, int n)
    {
        if (Kernels.Width.Is512)
        {
            Add<W512>(from, to, n);
        }
        else if (Kernels.Width.Is256)
        {
            Add<W256>(from, to, n);
        }
        else
        {
            Add<W128>(from, to, n);
        }
    }

    private static void Add<V>(float* from, float* to, int n)
        where V : struct, IVec<V>
    {
        int i = 0;
        for (; i + V.Width <= n; i += V.Width)
        {
            V.Store(V.Load(to + i) + V.Load(from + i), to + i);
        }

        if (i < n)
        {
            V.StoreFirst(V.LoadFirst(to + i, n - i) + V.LoadFirst(from + i, n - i), to + i, n - i);
        }
    }

    // A task is some of the rows that are read.
    private struct SelectJob : IJob
    {
        public int* Places;
        public int Count;
        public int Width;
        public float* From;
        public float* To;
        public bool Add;
        public int Together;

        public readonly void Run(int index)
        {
            int last = (int)Math.Min(Count, (long)(index + 1) * Together);
            if (!Add && Width >= LeastWidth)
            {
                if (Kernels.Width.Is512)
                {
                    Copy<W512>(index * Together, last);
                }
                else if (Kernels.Width.Is256)
                {
                    Copy<W256>(index * Together, last);
                }
                else
                {
                    Copy<W128>(index * Together, last);
                }

                return;
            }

            for (int i = index * Together; i < last; i++)
            {
                float* source = From + ((nint)Places[i] * Width), target = To + ((nint)i * Width);
                if (Add)
                {
                    IndexSelectOperation.Add(source, target, Width);
                }
                else
                {
                    Unsafe.CopyBlockUnaligned(target, source, (uint)Width * sizeof(float));
                }
            }
        }

        // Rows lie anywhere: the hardware does not see what comes next, but the places do.
        private readonly void Copy<V>(int first, int last)
            where V : struct, IVec<V>
        {
            for (int i = first; i < last; i++)
            {
                float* next = From + ((nint)Places[Math.Min(i + RowsAhead, last - 1)] * Width);
                float* source = From + ((nint)Places[i] * Width), target = To + ((nint)i * Width);
                int k = 0;
                for (; k <= Width - V.Width; k += V.Width)
                {
                    Prefetch.Near(next + k);
                    V.Store(V.Load(source + k), target + k);
                }

                if (k < Width)
                {
                    V.StoreFirst(V.LoadFirst(source + k, Width - k), target + k, Width - k);
                }
            }
        }
    }

    // A task is some columns of all rows: each sum has the order of the rows.
    private struct ScatterJob : IJob
    {
        public int* Places;
        public int Count;
        public int Width;
        public float* From;
        public float* To;
        public int Without;
        public int Columns;

        public readonly void Run(int index)
        {
            int first = index * Columns, columns = Math.Min(Columns, Width - first);
            for (int i = 0; i < Count; i++)
            {
                if (Places[i] != Without)
                {
                    Add(From + ((nint)i * Width) + first, To + ((nint)Places[i] * Width) + first, columns);
                }
            }
        }
    }
}

internal sealed unsafe class GatherOperation : Operation
{
    private static readonly GatherOperation Instance = new();

    public override string Name => "Gather";

    public static Tensor Apply(Node x, Node places)
    {
        int size = x.Shape[-1], n = places.Shape[-1];
        IndexSelectOperation.CheckRange(places, size, "Gather");
        Node y = Tape.Current.New(places.Shape, places.Shape.RowMajor(), Instance, x, places);
        int* p = (int*)places.Data;
        for (int i = 0; i < y.Count; i++)
        {
            y.Data[i] = x.Data[((nint)(i / n) * size) + p[i]];
        }

        Tape.Current.Trace?.Note("Gather", y, [x, places]);
        return new Tensor(y);
    }

    public override void Tangent(Node y)
    {
        Node x = y.A!, places = y.B!;
        y.BeginGrad();
        int size = x.Shape[-1], n = places.Shape[-1];
        int* p = (int*)places.Data;
        for (int i = 0; i < y.Count; i++)
        {
            y.Grad[i] = x.Grad[((nint)(i / n) * size) + p[i]];
        }
    }

    public override void Backward(Node y)
    {
        Node x = y.A!, places = y.B!;
        if (!x.BeginGrad())
        {
            new Span<float>(x.Grad, x.Count).Clear();
        }

        int size = x.Shape[-1], n = places.Shape[-1];
        int* p = (int*)places.Data;
        for (int i = 0; i < y.Count; i++)
        {
            x.Grad[((nint)(i / n) * size) + p[i]] += y.Grad[i];
        }
    }
}
