using System.Numerics;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Rows of a table that places name, one behind the other, for results that leave the caches before anybody reads them.</summary>
/// <remarks>
/// Rows lie anywhere: the hardware does not see what comes next, but the places do, so rows some places ahead are fetched, and results go past the caches. A core waits for a
/// few dozen lines at a time and no more, which is what bounds it then. Where the places name so many rows of a long table that many are named again, they go in the order of the table's pieces,
/// each of which fits into the second cache: what is named twice comes from memory once. The order of a piece's rows is that of the places; whatever the order, the result is the same.
/// </remarks>
internal static unsafe class TableRows
{
    private const int RowsAhead = 16;

    // Floats that a task copies, and of a piece of the table.
    private const int TaskFloats = 256 * 1024, PieceFloats = 32 * 1024;

    // Floats of a row for which putting its place in order costs little.
    private const int LeastOrdered = 64;

    /// <summary>Whether so many rows are to be copied here.</summary>
    public static bool Fits(int count, int width, float* to) =>
        (long)count * width >= PastCache.Floats && width % W512.Width == 0 && PastCache.BeforeMultiple<W512>(to) == 0;

    /// <summary>Copies rows; <see cref="Fits"/>.</summary>
    /// <param name="places">Which rows, each below <paramref name="rows"/>.</param>
    /// <param name="count">How many.</param>
    /// <param name="table">The table.</param>
    /// <param name="rows">Its rows.</param>
    /// <param name="width">Floats of a row.</param>
    /// <param name="to">The first of so many rows.</param>
    public static void Copy(int* places, int count, float* table, int rows, int width, float* to)
    {
        bool inOrder = width >= LeastOrdered && (long)rows * width >= PastCache.Floats && count >= rows / 2;
        if (Kernels.Width.Is512)
        {
            Copy<W512>(places, count, table, rows, width, to, inOrder);
        }
        else if (Kernels.Width.Is256)
        {
            Copy<W256>(places, count, table, rows, width, to, inOrder);
        }
        else
        {
            Copy<W128>(places, count, table, rows, width, to, inOrder);
        }
    }

    /// <summary>The same of one width, in either order (tests).</summary>
    internal static void Copy<V>(int* places, int count, float* table, int rows, int width, float* to, bool inOrder, int pieceFloats = PieceFloats)
        where V : struct, IVec<V>
    {
        var job = new Job<V> { Places = places, Count = count, Table = table, Width = width, To = to, Together = Lanes<V>.RowsPerTask(count, width, TaskFloats) };
        job.Order = inOrder ? InOrder(places, count, rows, Math.Max(1, pieceFloats / width)) : null;
        Team.For((count + job.Together - 1) / job.Together, ref job);
    }

    /// <summary>Rows and where they go, by pieces of at most so many rows: counted, then put behind each other.</summary>
    private static Named* InOrder(int* places, int count, int rows, int rowsOfPiece)
    {
        int shift = BitOperations.Log2((uint)rowsOfPiece), pieces = ((rows - 1) >> shift) + 1;
        var order = (Named*)Workspace.Get(Workspace.Slot.Order, (2 * (nint)count) + pieces);
        int* next = (int*)(order + count);
        new Span<int>(next, pieces).Clear();
        for (int i = 0; i < count; i++)
        {
            next[places[i] >> shift]++;
        }

        for (int piece = 0, before = 0; piece < pieces; piece++)
        {
            int named = next[piece];
            next[piece] = before;
            before += named;
        }

        for (int i = 0; i < count; i++)
        {
            int row = places[i];
            order[next[row >> shift]++] = new Named(row, i);
        }

        return order;
    }

    /// <summary>A row of the table, and which row of the result it is.</summary>
    private readonly record struct Named(int Row, int Place);

    // A task is some of the rows that are read, in whatever order.
    private struct Job<V> : IJob
        where V : struct, IVec<V>
    {
        public int* Places;
        public Named* Order;
        public int Count;
        public float* Table;
        public int Width;
        public float* To;
        public int Together;

        public readonly void Run(int index)
        {
            int last = (int)Math.Min(Count, (long)(index + 1) * Together), width = Width;
            for (int i = index * Together; i < last; i++)
            {
                (int row, int place) = At(i);
                (int nextRow, _) = At(Math.Min(i + RowsAhead, Count - 1));
                float* source = Table + ((nint)row * width), next = Table + ((nint)nextRow * width), target = To + ((nint)place * width);
                for (int k = 0; k < width; k += V.Width)
                {
                    Prefetch.Far(next + k);
                    V.StoreFar(V.Load(source + k), target + k);
                }
            }

            PastCache.Arrived();
        }

        private readonly Named At(int i) => Order == null ? new Named(Places[i], i) : Order[i];
    }
}
