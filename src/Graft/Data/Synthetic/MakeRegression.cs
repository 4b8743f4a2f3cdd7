using Graft.Data.Sources;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Synthetic;

/// <summary>Draws a table with one target or several that are linear in some of its features, plus noise.</summary>
/// <remarks>
/// <para>Follows the construction of scikit-learn's make_regression; the random numbers are others. Features are standard normal, or, with an
/// effective rank r, U diag(s) Vᵀ with orthonormal U and V and s_i = (1 - tail) e^{-(i/r)²} + tail e^{-i/(10 r)}. Each target is the informative features times
/// coefficients uniform over [0, 100], plus the bias, plus normal noise. Rows and columns are shuffled.</para>
/// <para>Columns: "features" (a vector) or "x0", "x1", ..., and "target", or "target-0", "target-1", ... where there are several.</para>
/// </remarks>
/// <param name="rows">Number of rows; at least 1.</param>
/// <param name="features">Number of features; at least 1.</param>
/// <param name="informative">Features with a coefficient; more than there are means all.</param>
/// <param name="targets">Number of targets; at least 1.</param>
/// <param name="bias">Added to every target.</param>
/// <param name="effectiveRank">About how many directions explain the features; 0 for independent features.</param>
/// <param name="tail">Weight of the slow tail of singular values, 0..1; without effect where the effective rank is 0.</param>
/// <param name="noise">Standard deviation of the noise; at least 0.</param>
/// <param name="shuffle">Whether rows and columns are shuffled; else the informative features come first.</param>
/// <param name="separate">Whether each feature is a column of its own.</param>
/// <param name="seed">Added to the seed of the experiment: another number gives other data.</param>
[Named("make-regression")]
public sealed class MakeRegression(
    int rows = 100, int features = 100, int informative = 10, int targets = 1, double bias = 0, int effectiveRank = 0, double tail = 0.5,
    double noise = 0, bool shuffle = true, bool separate = false, int seed = 0) : DataSource
{
    private const int MostRank = 4096;
    private readonly int _rows = Check.Within(1, SyntheticTable.MostRows, rows);
    private readonly int _features = Check.Within(1, SyntheticTable.MostFeatures, features);
    private readonly int _informative = Math.Min(features, Check.AtLeast(0, informative));
    private readonly int _targets = Check.Within(1, 10_000, targets);
    private readonly int _rank = Check.Within(0, MostRank, effectiveRank);
    private readonly double _tail = Check.Within(0.0, 1.0, tail);
    private readonly double _noise = Check.NonNegative(noise);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        ulong key = RandomStream.Hash(context.Seed, FormattableString.Invariant($"make-regression/{seed}"));
        var table = new SyntheticTable(_rows, _features);
        RandomStream random = RandomStream.For(key, "features");
        if (_rank == 0)
        {
            for (int row = 0; row < _rows; row++)
            {
                table.FillNormal(row, 0, _features, ref random);
            }
        }
        else
        {
            FillLowRank(table, ref random);
        }

        int[] rowOrder = shuffle ? RandomStream.For(key, "rows").Permutation(_rows) : SyntheticTable.Identity(_rows);
        int[] columnOrder = shuffle ? RandomStream.For(key, "columns").Permutation(_features) : SyntheticTable.Identity(_features);
        List<Column> columns = table.Columns(rowOrder, columnOrder, separate);
        for (int target = 0; target < _targets; target++)
        {
            RandomStream own = RandomStream.For(key, "target", (ulong)target);
            var coefficients = new double[_features];
            for (int f = 0; f < _informative; f++)
            {
                coefficients[f] = 100 * own.NextDouble();
            }

            var values = new float[_rows];
            for (int row = 0; row < _rows; row++)
            {
                values[row] = (float)(table.Dot(rowOrder[row], coefficients) + bias + (_noise > 0 ? _noise * own.NextNormal() : 0));
            }

            columns.Add(new NumberColumn(_targets == 1 ? "target" : FormattableString.Invariant($"target-{target}"), values));
        }

        return new Dataset("make-regression", columns);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"make-regression({_rows} x {_features}, {_targets} targets)");

    private void FillLowRank(SyntheticTable table, ref RandomStream random)
    {
        int n = Math.Min(_rows, _features);
        if (n > MostRank)
        {
            throw new GraftInputException("", FormattableString.Invariant($"make-regression: expected at most {MostRank} rows or features where an effective rank is given, got {n}."));
        }

        double[][] u = Orthonormal(n, _rows, ref random), v = Orthonormal(n, _features, ref random);
        for (int k = 0; k < n; k++)
        {
            double at = (double)k / _rank;
            double singular = ((1 - _tail) * Math.Exp(-at * at)) + (_tail * Math.Exp(-0.1 * at));
            for (int row = 0; row < _rows; row++)
            {
                for (int f = 0; f < _features; f++)
                {
                    table[row, f] += u[k][row] * singular * v[k][f];
                }
            }
        }
    }

    /// <summary>Normal vectors made orthonormal by Gram and Schmidt, twice each against rounding.</summary>
    private static double[][] Orthonormal(int count, int length, ref RandomStream random)
    {
        var vectors = new double[count][];
        for (int k = 0; k < count; k++)
        {
            double[] own = vectors[k] = new double[length];
            for (int i = 0; i < length; i++)
            {
                own[i] = random.NextNormal();
            }

            for (int j = 0; j < 2 * k; j++)
            {
                double[] other = vectors[j % k];
                double dot = Dot(own, other);
                for (int i = 0; i < length; i++)
                {
                    own[i] -= dot * other[i];
                }
            }

            double norm = Math.Sqrt(Dot(own, own));
            for (int i = 0; i < length; i++)
            {
                own[i] /= norm;
            }
        }

        return vectors;

        static double Dot(double[] a, double[] b)
        {
            double sum = 0;
            for (int i = 0; i < a.Length; i++)
            {
                sum += a[i] * b[i];
            }

            return sum;
        }
    }
}
