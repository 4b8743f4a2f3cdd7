namespace Graft.Tensors.Kernels;

/// <summary>Mean and variance of the channels of a result that comes to be part by part: summed while its rows are in the cache, then joined.</summary>
/// <remarks>Parts are runs of rows, fixed by the shape. Each sums distances from its own first pixel, so that a large mean does not drown the variance; they are joined in
/// order and in double precision: the mean of all from the means, the squares from the squares and the distances of the means.</remarks>
internal unsafe struct PartMoments<V>
    where V : struct, IVec<V>
{
    private readonly double* _sums;

    /// <summary>Takes working memory of this thread.</summary>
    /// <param name="y">[rows, pixels, channels].</param>
    /// <param name="rows">Rows of pixels.</param>
    /// <param name="pixels">Pixels in a row.</param>
    /// <param name="channels">C.</param>
    /// <param name="parts">At most as many as rows.</param>
    public PartMoments(float* y, int rows, int pixels, int channels, int parts)
    {
        Y = y;
        Rows = rows;
        Pixels = pixels;
        Channels = channels;
        Parts = parts;
        _sums = (double*)Workspace.Get(Workspace.Slot.Partial, (nint)parts * channels * 4);
    }

    public float* Y { get; }

    public int Rows { get; }

    public int Pixels { get; }

    public int Channels { get; }

    public int Parts { get; }

    /// <summary>A part's first row.</summary>
    public readonly int First(int part) => (int)((long)Rows * part / Parts);

    /// <summary>Begins a part.</summary>
    public readonly void Clear(int part) => new Span<double>(Sums(part), 2 * Channels).Clear();

    /// <summary>Adds rows of a part, whose first is among them or was before.</summary>
    public readonly void Add(int part, int row, int count)
    {
        double* sums = Sums(part);
        NormStatistics<V>.Add((nint)count * Pixels, Channels, At(row), null, default, At(First(part)), sums, sums + Channels);
    }

    /// <summary>Mean and variance (divided by the number of pixels) of all parts together.</summary>
    public readonly void Join(float* mean, float* variance)
    {
        double all = (double)Rows * Pixels;
        for (int c = 0; c < Channels; c++)
        {
            double middle = 0, squares = 0;
            for (int p = 0; p < Parts; p++)
            {
                middle += Count(p) * Mean(p, c);
            }

            middle /= all;
            for (int p = 0; p < Parts; p++)
            {
                double sum = Sums(p)[c], square = Sums(p)[Channels + c], distance = Mean(p, c) - middle;
                squares += Math.Max(0, square - (sum * sum / Count(p))) + (Count(p) * distance * distance);
            }

            mean[c] = (float)middle;
            variance[c] = (float)(squares / all);
        }
    }

    private readonly float* At(int row) => Y + ((nint)row * Pixels * Channels);

    private readonly double* Sums(int part) => _sums + ((nint)part * 2 * Channels);

    private readonly double Count(int part) => (double)(First(part + 1) - First(part)) * Pixels;

    private readonly double Mean(int part, int c) => At(First(part))[c] + (Sums(part)[c] / Count(part));
}
