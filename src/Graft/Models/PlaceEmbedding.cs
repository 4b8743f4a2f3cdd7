using Graft.Models.Formats;

namespace Graft.Models;

/// <summary>Embeddings of places on a grid, brought to another grid.</summary>
internal static class PlaceEmbedding
{
    // Keys' cubic with a = -1/2, two samples on each side; wider by the factor where there become fewer.
    private const double Support = 2;

    /// <summary>Interpolates the embeddings of a square grid; that of the token before them stays.</summary>
    /// <param name="places">Shape [1, 1 + side², E].</param>
    /// <param name="side">Rows and columns that they have.</param>
    /// <param name="rows">Rows that they get.</param>
    /// <param name="columns">Columns that they get.</param>
    public static NamedArray Resize(NamedArray places, int side, int rows, int columns)
    {
        int width = places.Sizes[2];
        double[][] down = Weights(side, rows), across = Weights(side, columns);
        var values = new float[(1 + (rows * columns)) * width];
        places.Values.AsSpan(0, width).CopyTo(values);
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                Span<float> to = values.AsSpan((1 + (r * columns) + c) * width, width);
                for (int i = 0; i < side * side; i++)
                {
                    double weight = down[r][i / side] * across[c][i % side];
                    if (weight != 0)
                    {
                        ReadOnlySpan<float> from = places.Values.AsSpan((1 + i) * width, width);
                        for (int e = 0; e < width; e++)
                        {
                            to[e] += (float)(weight * from[e]);
                        }
                    }
                }
            }
        }

        return new NamedArray([1, 1 + (rows * columns), width], values);
    }

    // For each new place its shares of the old ones; they add up to 1.
    private static double[][] Weights(int from, int to)
    {
        double step = (double)from / to, scale = Math.Max(1, step);
        return [.. Enumerable.Range(0, to).Select(i =>
        {
            double center = (i + 0.5) * step;
            double[] shares = [.. Enumerable.Range(0, from).Select(j => Cubic((j + 0.5 - center) / scale))];
            double sum = shares.Sum();
            return shares.Select(s => s / sum).ToArray();
        })];
    }

    private static double Cubic(double x)
    {
        x = Math.Abs(x);
        return x < 1 ? (((1.5 * x) - 2.5) * x * x) + 1 : x < Support ? (((((-0.5 * x) + 2.5) * x) - 4) * x) + 2 : 0;
    }
}
