using Graft.Tensors.Random;

namespace Graft.Data.Synthetic;

/// <summary>A table of doubles while it is being drawn.</summary>
internal sealed class SyntheticTable(int rows, int features)
{
    public const int MostRows = 10_000_000, MostFeatures = 100_000;

    private const int MostValues = 1 << 28;

    private readonly double[] _values = (long)rows * features <= MostValues
        ? new double[rows * features]
        : throw new GraftInputException("", FormattableString.Invariant($"rows: expected at most {MostValues / features} rows of {features} features, got {rows}."));

    public ref double this[int row, int feature] => ref _values[(row * features) + feature];

    public static int[] Identity(int count) => [.. Enumerable.Range(0, count)];

    /// <summary>Entries uniform over [-1, 1].</summary>
    public static double[,] UniformMatrix(int from, int to, ref RandomStream random)
    {
        var matrix = new double[from, to];
        for (int i = 0; i < from; i++)
        {
            for (int j = 0; j < to; j++)
            {
                matrix[i, j] = (2 * random.NextDouble()) - 1;
            }
        }

        return matrix;
    }

    public void FillNormal(int row, int start, int count, ref RandomStream random)
    {
        for (int f = start; f < start + count; f++)
        {
            this[row, f] = random.NextNormal();
        }
    }

    /// <summary>Features from <paramref name="to"/> on become those from <paramref name="from"/> on times a matrix; both may be the same.</summary>
    public void Mix(int row, int from, double[,] matrix, int to)
    {
        Span<double> source = _values.AsSpan((row * features) + from, matrix.GetLength(0));
        double[] mixed = new double[matrix.GetLength(1)];
        for (int i = 0; i < source.Length; i++)
        {
            for (int j = 0; j < mixed.Length; j++)
            {
                mixed[j] += source[i] * matrix[i, j];
            }
        }

        mixed.CopyTo(_values.AsSpan((row * features) + to));
    }

    /// <summary>The sum of features times weights.</summary>
    public double Dot(int row, ReadOnlySpan<double> weights)
    {
        double sum = 0;
        for (int f = 0; f < features; f++)
        {
            sum += this[row, f] * weights[f];
        }

        return sum;
    }

    /// <summary>The table as one vector column, or as one number column a feature.</summary>
    public List<Column> Columns(int[] rowOrder, int[] columnOrder, bool separate)
    {
        if (separate)
        {
            return [.. columnOrder.Select((f, i) => (Column)new NumberColumn(FormattableString.Invariant($"x{i}"), [.. rowOrder.Select(r => (float)this[r, f])]))];
        }

        var values = new float[_values.Length];
        for (int row = 0; row < rows; row++)
        {
            for (int f = 0; f < features; f++)
            {
                values[(row * features) + f] = (float)this[rowOrder[row], columnOrder[f]];
            }
        }

        return [new VectorColumn("features", values, features)];
    }
}
