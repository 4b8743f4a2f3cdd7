namespace Graft.Tensors.Kernels;

/// <summary>The matrices of minimal filtering along one axis, F(4, w): four neighboring results of a window of w steps from w + 3 products instead of 4 w.</summary>
/// <remarks>
/// <para>y = Aᵀ [(G g) · (Bᵀ d)] with the product element by element, for a window g and the w + 3 numbers d that four results see (Winograd, Arithmetic Complexity of
/// Computations, 1980). Built by Toom and Cook's way: products of polynomials from their values at w + 2 points and at infinity, transposed. Row i of Bᵀ holds the coefficients of
/// the product of (x - p) over the other points, row i of G the powers of point i divided by the product of its distances from the others, row k of Aᵀ the k-th powers of the points.</para>
/// <para>With these points the largest error in single precision, measured on 100 channels, is 2e-6 of the largest result.</para>
/// </remarks>
internal static class MinimalFilter
{
    /// <summary>Results of a tile.</summary>
    public const int Results = 4;

    /// <summary>The longest window.</summary>
    public const int MostWindow = 5;

    /// <summary>Numbers in a row of a matrix; those behind the last point are 0.</summary>
    public const int Stride = Results + MostWindow - 1;

    private static readonly double[][] Points =
    [
        [], [], [0, 0.75, -0.75, 1.5], [0, 0.75, -0.75, 1.5, -1.5], [0, 0.5, -0.5, 1.25, -1.25, 2], [0, 1, -1, 0.5, -0.5, 2, -2],
    ];

    private static readonly float[][] Images = [.. Points.Select((p, window) => window < 2 ? [] : ImageMatrix(p))];
    private static readonly float[][] Windows = [.. Points.Select((p, window) => window < 2 ? [] : WindowMatrix(p, window))];
    private static readonly float[][] Sums = [.. Points.Select((p, window) => window < 2 ? [] : ResultMatrix(p))];

    /// <summary>Products of a tile.</summary>
    public static int Products(int window) => Results + window - 1;

    /// <summary>Bᵀ, a row for each product.</summary>
    /// <param name="window">2 to <see cref="MostWindow"/>.</param>
    public static float[] OfImage(int window) => Images[window];

    /// <summary>G, a row for each product.</summary>
    /// <param name="window">2 to <see cref="MostWindow"/>.</param>
    public static float[] OfWindow(int window) => Windows[window];

    /// <summary>Aᵀ, a row for each result.</summary>
    /// <param name="window">2 to <see cref="MostWindow"/>.</param>
    public static float[] OfResults(int window) => Sums[window];

    private static float[] ImageMatrix(double[] points)
    {
        var matrix = new float[(points.Length + 1) * Stride];
        for (int i = 0; i <= points.Length; i++)
        {
            double[] others = Product(points.Where((_, j) => j != i));
            for (int j = 0; j < others.Length; j++)
            {
                matrix[(i * Stride) + j] = (float)others[j];
            }
        }

        return matrix;
    }

    private static float[] WindowMatrix(double[] points, int window)
    {
        var matrix = new float[(points.Length + 1) * Stride];
        for (int i = 0; i < points.Length; i++)
        {
            double distance = points.Where((_, j) => j != i).Aggregate(1.0, (product, p) => product * (points[i] - p));
            for (int j = 0; j < window; j++)
            {
                matrix[(i * Stride) + j] = (float)(Math.Pow(points[i], j) / distance);
            }
        }

        matrix[(points.Length * Stride) + window - 1] = 1;
        return matrix;
    }

    private static float[] ResultMatrix(double[] points)
    {
        var matrix = new float[Results * Stride];
        for (int k = 0; k < Results; k++)
        {
            for (int i = 0; i < points.Length; i++)
            {
                matrix[(k * Stride) + i] = (float)Math.Pow(points[i], k);
            }
        }

        matrix[((Results - 1) * Stride) + points.Length] = 1;
        return matrix;
    }

    // The coefficients of the product of (x - p), from the constant on.
    private static double[] Product(IEnumerable<double> roots)
    {
        double[] product = [1];
        foreach (double root in roots)
        {
            var next = new double[product.Length + 1];
            for (int i = 0; i < product.Length; i++)
            {
                next[i + 1] += product[i];
                next[i] -= root * product[i];
            }

            product = next;
        }

        return product;
    }
}
