using System.Globalization;
using Graft.Data.Sources;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Synthetic;

/// <summary>Draws a table of classes: normal clusters at the corners of a cube, mixed with redundant, repeated and useless features.</summary>
/// <remarks>
/// <para>Follows the construction of scikit-learn's make_classification (after Guyon 2003, the generator of the Madelon data set); the random
/// numbers are others. Each of classes x clusters-per-class clusters sits at its own corner of the cube {-s, s}^informative, s = class-separation; cluster k has class
/// k mod classes. Its rows are standard normal vectors times a matrix of its own with entries uniform over [-1, 1], plus the corner. Redundant features are
/// informative ones times a matrix of the same kind; repeated ones are copies of either; the others are standard normal. Then a share of labels is drawn
/// anew, columns are shifted and scaled, and rows and columns are shuffled.</para>
/// <para>Columns: "features" (a vector) or "x0", "x1", ..., and "label" (classes "0", "1", ...). With several tasks the columns are "label-0", "label-1", ...:
/// the first as above, every other one gives the same clusters to classes in another random way, with flips of its own.</para>
/// </remarks>
/// <param name="rows">Number of rows; at least 1.</param>
/// <param name="features">Number of features; at least informative + redundant + repeated.</param>
/// <param name="informative">Features that carry the classes; at least 1.</param>
/// <param name="redundant">Features that are linear mixtures of informative ones.</param>
/// <param name="repeated">Features that are copies of informative or redundant ones.</param>
/// <param name="classes">Number of classes; at least 2. classes x clusters-per-class is at most 2^informative.</param>
/// <param name="clustersPerClass">Clusters of each class; at least 1.</param>
/// <param name="weights">Share of the rows of each class; null for equal shares.</param>
/// <param name="flip">Share of the labels that are drawn anew from all classes, 0..1.</param>
/// <param name="classSeparation">Half the edge of the cube; at least 0. The larger, the easier.</param>
/// <param name="hypercube">Whether clusters sit at corners of a cube; else of a random box, each drawn towards the center.</param>
/// <param name="shift">Added to every feature.</param>
/// <param name="scale">Multiplied with every feature after the shift.</param>
/// <param name="randomShift">Whether each feature gets its own shift, uniform over [-class-separation, class-separation].</param>
/// <param name="randomScale">Whether each feature gets its own scale, uniform over [1, 101].</param>
/// <param name="shuffle">Whether rows and columns are shuffled; else the columns are informative, redundant, repeated, useless.</param>
/// <param name="tasks">Number of label columns over the same features; at least 1.</param>
/// <param name="separate">Whether each feature is a column of its own.</param>
/// <param name="seed">Added to the seed of the experiment: another number gives other data.</param>
[Named("make-classification")]
public sealed class MakeClassification(
    int rows = 1000, int features = 20, int informative = 2, int redundant = 2, int repeated = 0, int classes = 2, int clustersPerClass = 2,
    IReadOnlyList<double>? weights = null, double flip = 0.01, double classSeparation = 1, bool hypercube = true, double shift = 0, double scale = 1,
    bool randomShift = false, bool randomScale = false, bool shuffle = true, int tasks = 1, bool separate = false, int seed = 0) : DataSource
{
    private readonly int _rows = Check.Within(1, SyntheticTable.MostRows, rows);
    private readonly int _features = Check.Within(1, SyntheticTable.MostFeatures, features);
    private readonly int _informative = Check.Within(1, features, informative);
    private readonly int _redundant = Check.Within(0, features - informative, redundant);
    private readonly int _repeated = Check.Within(0, features - informative - redundant, repeated);
    private readonly int _classes = Check.AtLeast(2, classes);
    private readonly int _clusters = CheckClusters(classes, Check.AtLeast(1, clustersPerClass), informative);
    private readonly double[] _shares = CheckShares(weights, classes);
    private readonly double _flip = Check.Within(0.0, 1.0, flip);
    private readonly double _separation = Check.NonNegative(classSeparation);
    private readonly int _tasks = Check.Within(1, 1000, tasks);

    /// <inheritdoc/>
    public override Dataset Read(DataContext context)
    {
        ulong key = RandomStream.Hash(context.Seed, FormattableString.Invariant($"make-classification/{seed}"));
        int[] cluster = Clusters();
        var table = new SyntheticTable(_rows, _features);
        Fill(table, cluster, RandomStream.For(key, "features"));
        ShiftAndScale(table, RandomStream.For(key, "scale"));
        int[] rowOrder = shuffle ? RandomStream.For(key, "rows").Permutation(_rows) : SyntheticTable.Identity(_rows);
        int[] columnOrder = shuffle ? RandomStream.For(key, "columns").Permutation(_features) : SyntheticTable.Identity(_features);
        var columns = table.Columns(rowOrder, columnOrder, separate);
        for (int task = 0; task < _tasks; task++)
        {
            int[] labels = Labels(cluster, RandomStream.For(key, "labels", (ulong)task), mixed: task > 0);
            string[] names = [.. Enumerable.Range(0, _classes).Select(c => c.ToString(CultureInfo.InvariantCulture))];
            columns.Add(new CategoryColumn(_tasks == 1 ? "label" : FormattableString.Invariant($"label-{task}"), [.. rowOrder.Select(r => labels[r])], names));
        }

        return new Dataset("make-classification", columns);
    }

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"make-classification({_rows} x {_features}, {_classes} classes)");

    /// <summary>The cluster of every row, one cluster after the other.</summary>
    private int[] Clusters()
    {
        int perClass = _clusters / _classes;
        int[] sizes = [.. Enumerable.Range(0, _clusters).Select(k => (int)(_rows * _shares[k % _classes] / perClass))];
        for (int left = _rows - sizes.Sum(), k = 0; left > 0; left--, k++)
        {
            sizes[k % _clusters]++;
        }

        return [.. sizes.SelectMany((size, k) => Enumerable.Repeat(k, size))];
    }

    private void Fill(SyntheticTable table, int[] cluster, RandomStream random)
    {
        double[][] centers = Centers(ref random);
        for (int row = 0; row < _rows; row++)
        {
            table.FillNormal(row, 0, _features, ref random);
        }

        for (int k = 0, row = 0; k < _clusters; k++)
        {
            double[,] mix = SyntheticTable.UniformMatrix(_informative, _informative, ref random);
            for (; row < _rows && cluster[row] == k; row++)
            {
                table.Mix(row, 0, mix, 0);
                for (int f = 0; f < _informative; f++)
                {
                    table[row, f] += centers[k][f];
                }
            }
        }

        double[,] redundantMix = SyntheticTable.UniformMatrix(_informative, _redundant, ref random);
        int[] copied = [.. Enumerable.Range(0, _repeated).Select(_ => (int)(((_informative + _redundant - 1) * random.NextDouble()) + 0.5))];
        for (int row = 0; row < _rows; row++)
        {
            table.Mix(row, 0, redundantMix, _informative);
            for (int f = 0; f < _repeated; f++)
            {
                table[row, _informative + _redundant + f] = table[row, copied[f]];
            }
        }
    }

    /// <summary>Distinct corners for the clusters.</summary>
    private double[][] Centers(ref RandomStream random)
    {
        var taken = new HashSet<string>();
        var centers = new double[_clusters][];
        for (int k = 0; k < _clusters; k++)
        {
            bool[] corner;
            do
            {
                corner = new bool[_informative];
                for (int f = 0; f < _informative; f++)
                {
                    corner[f] = random.NextInt(2) == 1;
                }
            }
            while (!taken.Add(string.Concat(corner.Select(b => b ? '1' : '0'))));

            centers[k] = [.. corner.Select(b => b ? _separation : -_separation)];
        }

        if (!hypercube)
        {
            double[] edges = new double[_informative];
            for (int f = 0; f < _informative; f++)
            {
                edges[f] = random.NextDouble();
            }

            foreach (double[] center in centers)
            {
                double pull = random.NextDouble();
                for (int f = 0; f < _informative; f++)
                {
                    center[f] *= pull * edges[f];
                }
            }
        }

        return centers;
    }

    private int[] Labels(int[] cluster, RandomStream random, bool mixed)
    {
        int[] classOf = [.. Enumerable.Range(0, _clusters).Select(k => k % _classes)];
        if (mixed)
        {
            random.Shuffle(classOf);
        }

        int[] labels = [.. cluster.Select(k => classOf[k])];
        for (int row = 0; row < _rows; row++)
        {
            bool flips = random.NextDouble() < _flip;
            int other = random.NextInt(_classes);
            labels[row] = flips ? other : labels[row];
        }

        return labels;
    }

    private void ShiftAndScale(SyntheticTable table, RandomStream random)
    {
        for (int f = 0; f < _features; f++)
        {
            double add = randomShift ? ((2 * random.NextDouble()) - 1) * _separation : shift;
            double times = randomScale ? 1 + (100 * random.NextDouble()) : scale;
            for (int row = 0; row < _rows; row++)
            {
                table[row, f] = (table[row, f] + add) * times;
            }
        }
    }

    private static int CheckClusters(int classes, int perClass, int informative)
    {
        double corners = Math.Pow(2, informative), clusters = (double)classes * perClass;
        return clusters <= Math.Min(corners, 1 << 20) ? (int)clusters
            : throw new ArgumentOutOfRangeException(nameof(classes), classes, FormattableString.Invariant(
                $"make-classification: expected classes x clusters-per-class of at most 2^informative = {corners}, got {classes} x {perClass}. Raise informative, or lower clusters-per-class."));
    }

    private static double[] CheckShares(IReadOnlyList<double>? weights, int classes)
    {
        if (weights is null)
        {
            return [.. Enumerable.Repeat(1.0 / classes, classes)];
        }

        double sum = weights.Sum();
        return weights.Count == classes && weights.All(w => w >= 0) && sum > 0 && double.IsFinite(sum)
            ? [.. weights.Select(w => w / sum)]
            : throw new ArgumentException(FormattableString.Invariant($"weights: expected {classes} numbers >= 0 with a sum > 0, got {weights.Count} with the sum {sum}."), nameof(weights));
    }
}
