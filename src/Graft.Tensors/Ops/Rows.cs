using Graft.Tensors.Kernels;
using Graft.Tensors.Threading;

namespace Graft.Tensors.Ops;

/// <summary>The mathematics of an elementwise op over up to four operands, for every vector width: operand 0 is written, the others are read.</summary>
internal interface IRow
{
    /// <summary>Number of operands, the output included: 2 to 4.</summary>
    static abstract int Operands { get; }

    /// <summary>Whether the output is read as well (added to).</summary>
    bool ReadsOutput { get; }

    /// <summary>What becomes of a register of elements.</summary>
    /// <param name="o">What is in the output where <see cref="ReadsOutput"/>, 0 elsewhere.</param>
    /// <param name="a">Operand 1.</param>
    /// <param name="b">Operand 2, or 0 where there is none.</param>
    /// <param name="c">Operand 3, or 0 where there is none.</param>
    V Of<V>(V o, V a, V b, V c)
        where V : struct, IVec<V>;
}

/// <summary>Runs a row body over a plan: finds contiguous pieces, gathers what is not, shares the work out. The one place where elementwise loops stand.</summary>
/// <remarks>Every element is computed alone, so the partition changes no bits.</remarks>
internal static unsafe class Rows
{
    /// <summary>Elements a task works on; below two of them nothing is forked.</summary>
    public const int Grain = 16384;

    private const int Piece = 256;

    public static void Run<TRow>(in Plan plan, ref TRow row, float* p0, float* p1, float* p2 = null, float* p3 = null)
        where TRow : struct, IRow
    {
        int inner = plan.Inner, rows = plan.Rows;
        if (inner == 0 || rows == 0)
        {
            return;
        }

        if (rows == 1 && inner < 2 * Grain && plan.S0[0] == 1 && plan.S1[0] == 1
            && (TRow.Operands < 3 || plan.S2[0] == 1) && (TRow.Operands < 4 || plan.S3[0] == 1))
        {
            Piecewise(ref row, p0, p1, p2, p3, inner);
            return;
        }

        var job = new Job<TRow> { Plan = plan, Row = row, P0 = p0, P1 = p1, P2 = p2, P3 = p3 };
        if (inner >= Grain)
        {
            job.Cuts = (inner + Grain - 1) / Grain;
            job.RowsPerTask = 1;
        }
        else
        {
            job.Cuts = 1;
            job.RowsPerTask = Math.Max(1, Grain / inner);
        }

        job.RowCount = rows;

        // Where a result takes its operand's place its lines are in the cache already; short rows have too many ends.
        job.Far = inner >= Piece && plan.S0[plan.Axes - 1] == 1 && (long)inner * rows >= PastCache.Floats && !row.ReadsOutput && p0 != p1 && p0 != p2 && p0 != p3;
        int tasks = job.Cuts * ((rows + job.RowsPerTask - 1) / job.RowsPerTask);
        if (tasks == 1)
        {
            job.Run(0);
        }
        else
        {
            Team.For(tasks, ref job);
        }
    }

    // The same, written past the cache.
    private static void PiecewiseFar<TRow>(ref TRow row, float* o, float* a, float* b, float* c, int n)
        where TRow : struct, IRow
    {
        if (Width.Is512)
        {
            LoopFar<W512, TRow>(row, o, a, b, c, n);
        }
        else if (Width.Is256)
        {
            LoopFar<W256, TRow>(row, o, a, b, c, n);
        }
        else
        {
            LoopFar<W128, TRow>(row, o, a, b, c, n);
        }
    }

    // n neighboring elements; pointers of operands that the row does not have are not followed.
    private static void Piecewise<TRow>(ref TRow row, float* o, float* a, float* b, float* c, int n)
        where TRow : struct, IRow
    {
        if (Width.Is512)
        {
            Loop<W512, TRow>(row, o, a, b, c, n);
        }
        else if (Width.Is256)
        {
            Loop<W256, TRow>(row, o, a, b, c, n);
        }
        else
        {
            Loop<W128, TRow>(row, o, a, b, c, n);
        }
    }

    // Whole registers, then what is left in one that reads and writes its first lanes only.
    private static void Loop<V, TRow>(TRow row, float* o, float* a, float* b, float* c, int n)
        where V : struct, IVec<V>
        where TRow : struct, IRow
    {
        bool reads = row.ReadsOutput;
        int i = 0;
        for (; i <= n - V.Width; i += V.Width)
        {
            V before = reads ? V.Load(o + i) : V.Zero;
            V second = TRow.Operands > 2 ? V.Load(b + i) : V.Zero, third = TRow.Operands > 3 ? V.Load(c + i) : V.Zero;
            V.Store(row.Of(before, V.Load(a + i), second, third), o + i);
        }

        if (i < n)
        {
            int rest = n - i;
            V before = reads ? V.LoadFirst(o + i, rest) : V.Zero;
            V second = TRow.Operands > 2 ? V.LoadFirst(b + i, rest) : V.Zero, third = TRow.Operands > 3 ? V.LoadFirst(c + i, rest) : V.Zero;
            V.StoreFirst(row.Of(before, V.LoadFirst(a + i, rest), second, third), o + i, rest);
        }
    }

    // Elements up to a multiple of the register's size, as that store wants it; whole registers; what is left.
    private static void LoopFar<V, TRow>(TRow row, float* o, float* a, float* b, float* c, int n)
        where V : struct, IVec<V>
        where TRow : struct, IRow
    {
        int i = Math.Min(n, PastCache.BeforeMultiple<V>(o));
        if (i > 0)
        {
            Loop<V, TRow>(row, o, a, b, c, i);
        }

        for (; i <= n - V.Width; i += V.Width)
        {
            V second = TRow.Operands > 2 ? V.Load(b + i) : V.Zero, third = TRow.Operands > 3 ? V.Load(c + i) : V.Zero;
            V.StoreFar(row.Of(V.Zero, V.Load(a + i), second, third), o + i);
        }

        if (i < n)
        {
            Loop<V, TRow>(row, o + i, a + i, b + i, c + i, n - i);
        }
    }

    private struct Job<TRow> : IJob
        where TRow : struct, IRow
    {
        public Plan Plan;
        public TRow Row;
        public float* P0;
        public float* P1;
        public float* P2;
        public float* P3;
        public int Cuts;
        public int RowsPerTask;
        public int RowCount;
        public bool Far;

        public void Run(int task)
        {
            Walk(task);
            if (Far)
            {
                PastCache.Arrived();
            }
        }

        private void Walk(int task)
        {
            int cut = task % Cuts, first = task / Cuts * RowsPerTask;
            int last = Math.Min(RowCount, first + RowsPerTask);
            int from = cut * Grain, to = Cuts == 1 ? Plan.Inner : Math.Min(Plan.Inner, from + Grain);
            int axis = Plan.Axes - 1;
            int s0 = Plan.S0[axis], s1 = Plan.S1[axis], s2 = Plan.S2[axis], s3 = Plan.S3[axis];
            bool direct = s0 == 1 && s1 == 1 && (TRow.Operands < 3 || s2 == 1) && (TRow.Operands < 4 || s3 == 1);
            float* buffer = stackalloc float[4 * Piece];
            for (int r = first; r < last; r++)
            {
                Plan.Offsets(r, out nint o0, out nint o1, out nint o2, out nint o3);
                float* p0 = P0 + o0 + ((nint)from * s0);
                float* p1 = P1 + o1 + ((nint)from * s1);
                float* p2 = P2 + o2 + ((nint)from * s2);
                float* p3 = P3 + o3 + ((nint)from * s3);
                if (direct)
                {
                    Write(p0, p1, p2, p3, to - from);
                    continue;
                }

                for (int i = from; i < to; i += Piece)
                {
                    int n = Math.Min(Piece, to - i);
                    float* q1 = Gather(p1, s1, buffer + Piece, n);
                    float* q2 = TRow.Operands > 2 ? Gather(p2, s2, buffer + (2 * Piece), n) : null;
                    float* q3 = TRow.Operands > 3 ? Gather(p3, s3, buffer + (3 * Piece), n) : null;
                    if (s0 == 1)
                    {
                        Write(p0, q1, q2, q3, n);
                    }
                    else
                    {
                        if (Row.ReadsOutput)
                        {
                            Gather(p0, s0, buffer, n);
                        }

                        Piecewise(ref Row, buffer, q1, q2, q3, n);
                        for (int j = 0; j < n; j++)
                        {
                            p0[(nint)j * s0] = buffer[j];
                        }
                    }

                    p0 += (nint)Piece * s0;
                    p1 += (nint)Piece * s1;
                    p2 += (nint)Piece * s2;
                    p3 += (nint)Piece * s3;
                }
            }
        }

        private void Write(float* o, float* a, float* b, float* c, int n)
        {
            if (Far)
            {
                PiecewiseFar(ref Row, o, a, b, c, n);
            }
            else
            {
                Piecewise(ref Row, o, a, b, c, n);
            }
        }

        private static float* Gather(float* from, int stride, float* buffer, int n)
        {
            if (stride == 1)
            {
                return from;
            }

            if (stride == 0)
            {
                new Span<float>(buffer, n).Fill(*from);
            }
            else
            {
                for (int j = 0; j < n; j++)
                {
                    buffer[j] = from[(nint)j * stride];
                }
            }

            return buffer;
        }
    }
}
