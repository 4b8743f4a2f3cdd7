using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Transposes batches of matrices.</summary>
internal static unsafe class Transpose
{
    // Floats a task moves: enough to be worth a fork, few enough to share out.
    private const int Grain = 32 * 1024;

    /// <summary>to[b, c, r] = from[b, r, c] for b &lt; batch, r &lt; rows, c &lt; columns; both dense, and apart.</summary>
    public static void Run(int batch, int rows, int columns, float* from, float* to) =>
        Run(batch, rows, columns, from, (nint)rows * columns, columns, to, (nint)rows * columns, rows);

    /// <summary>The same of matrices whose rows lie at a distance from each other, and they themselves as well.</summary>
    public static void Run(
        int batch, int rows, int columns, float* from, nint fromMatrix, nint fromRow, float* to, nint toMatrix, nint toRow)
    {
        // Bands of whole blocks along the longer side, so that a batch of one is shared out as well.
        bool byRows = rows >= columns;
        int length = byRows ? rows : columns;
        int blocks = (length + TransposeBlock.Size - 1) / TransposeBlock.Size;
        bool far = (long)rows * columns * batch >= PastCache.Floats && toMatrix % TransposeBlock.Size == 0 && TransposeBlock.FitsFar(to, toRow);
        long perBlock = (long)TransposeBlock.Size * (byRows ? columns : rows);
        int band = (int)Math.Clamp(Grain / Math.Max(1, perBlock), far ? TransposeBlock.TileRows / TransposeBlock.Size : 1, Math.Max(far ? TransposeBlock.TileRows / TransposeBlock.Size : 1, blocks));
        int bands = (blocks + band - 1) / band;
        var job = new Job
        {
            From = from,
            To = to,
            FromMatrix = fromMatrix,
            FromRow = fromRow,
            ToMatrix = toMatrix,
            ToRow = toRow,
            Rows = rows,
            Columns = columns,
            ByRows = byRows,
            Band = band * TransposeBlock.Size,
            Bands = bands,
        };
        long matrix = (long)rows * columns;
        int together = (int)Math.Clamp(Grain / Math.Max(1, matrix), 1, Math.Max(1, batch));
        job.Together = bands > 1 ? 1 : together;
        job.Batch = batch;
        job.Far = far;
        Team.For((batch + job.Together - 1) / job.Together * bands, ref job);
    }

    private struct Job : IJob
    {
        public float* From;
        public float* To;
        public nint FromMatrix;
        public nint FromRow;
        public nint ToMatrix;
        public nint ToRow;
        public int Batch;
        public int Rows;
        public int Columns;
        public bool ByRows;
        public int Band;
        public int Bands;
        public int Together;
        public bool Far;

        public readonly void Run(int index)
        {
            int first = index / Bands * Together;
            int start = index % Bands * Band;
            int last = Math.Min(Batch, first + Together);
            for (int b = first; b < last; b++)
            {
                int r0 = ByRows ? start : 0, r1 = ByRows ? Math.Min(Rows, start + Band) : Rows;
                int c0 = ByRows ? 0 : start, c1 = ByRows ? Columns : Math.Min(Columns, start + Band);
                float* from = From + (b * FromMatrix) + (r0 * FromRow) + c0, to = To + (b * ToMatrix) + (c0 * ToRow) + r0;
                if (Far)
                {
                    TransposeBlock.AllFar(from, FromRow, r1 - r0, c1 - c0, to, ToRow);
                }
                else
                {
                    TransposeBlock.All(from, FromRow, r1 - r0, c1 - c0, to, ToRow);
                }
            }

            if (Far)
            {
                PastCache.Arrived();
            }
        }
    }
}
