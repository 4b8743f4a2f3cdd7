using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>Means and covariances of the channels of rows [rows, C], few channels and many rows.</summary>
/// <remarks>Distances from the first row, so that a large mean does not drown the covariances, are multiplied with each other as a product of matrices: in float over a short
/// run of rows, in double precision over the runs of a part, then part after part. Parts are fixed by the shape.</remarks>
internal static unsafe class Covariance<V>
    where V : struct, IVec<V>
{
    // Rows that are multiplied in float.
    private const int ShortRun = 256;
    private const int MostParts = 16;

    /// <summary>The means, and the covariances (divided by rows).</summary>
    /// <param name="rows">Rows; at least 1.</param>
    /// <param name="channels">C.</param>
    /// <param name="x">[rows, C].</param>
    /// <param name="mean">C numbers.</param>
    /// <param name="covariance">[C, C].</param>
    public static void Run(nint rows, int channels, float* x, double* mean, double* covariance)
    {
        int parts = (int)Math.Clamp(rows / (4 * ShortRun), 1, MostParts), size = PartSize(channels);
        var job = new Job { Rows = rows, Channels = channels, X = x, Parts = parts };
        job.Sums = (double*)Workspace.Get(Workspace.Slot.Partial, 2 * (nint)parts * size);
        Team.For(parts, ref job);
        double* all = job.Sums;
        for (int p = 1; p < parts; p++)
        {
            for (int i = 0; i < size; i++)
            {
                all[i] += job.Sums[((nint)p * size) + i];
            }
        }

        for (int k = 0; k < channels; k++)
        {
            double distance = all[k] / rows;
            mean[k] = x[k] + distance;
            for (int l = 0; l < channels; l++)
            {
                covariance[(k * channels) + l] = (all[((k + 2) * channels) + l] / rows) - (distance * (all[l] / rows));
            }
        }
    }

    /// <summary>Rows less a number for each channel.</summary>
    public static void Center(nint rows, int channels, float* x, float* middle, float* to) => Center<No>(rows, channels, x, middle, to);

    /// <summary>Rows less a number for each channel, and a 1 behind each: [rows, C + 1]. A product with the transpose of that has column sums in its last row.</summary>
    public static void CenterBeforeOne(nint rows, int channels, float* x, float* middle, float* to) => Center<Yes>(rows, channels, x, middle, to);

    private static void Center<One>(nint rows, int channels, float* x, float* middle, float* to)
        where One : IConst
    {
        for (nint row = 0; row < rows; row++)
        {
            int c = 0;
            for (; c + V.Width <= channels; c += V.Width)
            {
                V.Store(V.Load(x + c) - V.Load(middle + c), to + c);
            }

            if (c < channels)
            {
                V.StoreFirst(V.LoadFirst(x + c, channels - c) - V.LoadFirst(middle + c, channels - c), to + c, channels - c);
            }

            x += channels;
            to += channels;
            if (One.Value == 1)
            {
                *to++ = 1;
            }
        }
    }

    // Sums of distances, of their squares, and of all products.
    private static int PartSize(int channels) => channels * (channels + 2);

    private struct Job : IJob
    {
        public nint Rows;
        public int Channels;
        public float* X;
        public int Parts;
        public double* Sums;

        public readonly void Run(int index)
        {
            int channels = Channels, square = channels * channels;
            nint last = Rows * (index + 1) / Parts;
            double* sums = Sums + ((nint)index * PartSize(channels)), products = sums + (2 * channels);
            new Span<double>(sums, PartSize(channels)).Clear();
            float* distances = Workspace.Get(Workspace.Slot.Centered, (ShortRun * (nint)channels) + V.Width);
            float* product = Workspace.Get(Workspace.Slot.Gradient, square + V.Width);
            for (nint row = Rows * index / Parts; row < last; row += ShortRun)
            {
                int count = (int)Math.Min(ShortRun, last - row);
                float* x = X + (row * channels);
                NormStatistics<V>.Add(count, channels, x, null, default, X, sums, sums + channels);
                Center(count, channels, x, X, distances);
                var gram = new GemmProduct
                {
                    TransA = true,
                    M = channels,
                    N = channels,
                    K = count,
                    A = distances,
                    StrideA = channels,
                    B = distances,
                    StrideB = channels,
                    C = product,
                    StrideC = channels,
                };
                GemmTiles.Run<V>(gram, GemmBlocks.Default);
                for (int i = 0; i < square; i++)
                {
                    products[i] += product[i];
                }
            }
        }
    }
}
