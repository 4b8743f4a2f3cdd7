using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Sources;
using Graft.Data.Synthetic;

namespace Graft.Tests.Data.Synthetic;

public sealed class MakeClassificationTests : SyntheticSourceConformance
{
    protected override DataSource Create(int seed) => new MakeClassification(rows: 50, features: 8, seed: seed);

    private static double[,] Features(Dataset rows)
    {
        var vector = (VectorColumn)rows["features"];
        var x = new double[rows.Count, vector.Width];
        for (int i = 0; i < x.Length; i++)
        {
            x[i / vector.Width, i % vector.Width] = vector.Values[i];
        }

        return x;
    }

    private static int[] Labels(Dataset rows, string name = "label") => ((CategoryColumn)rows[name]).Codes.ToArray();

    private static double Variance(double[,] x, int f)
    {
        int n = x.GetLength(0);
        double mean = Enumerable.Range(0, n).Average(r => x[r, f]);
        return Enumerable.Range(0, n).Average(r => (x[r, f] - mean) * (x[r, f] - mean));
    }

    /// <summary>The share of rows that lie nearest to the mean of their own class.</summary>
    private static double NearestCentroid(double[,] x, int[] y)
    {
        int n = x.GetLength(0), d = x.GetLength(1), classes = y.Max() + 1;
        double[][] centers = [.. Enumerable.Range(0, classes).Select(c => Enumerable.Range(0, d)
            .Select(f => Enumerable.Range(0, n).Where(r => y[r] == c).Average(r => x[r, f])).ToArray())];
        return Enumerable.Range(0, n).Average(r =>
            Enumerable.Range(0, classes).MinBy(c => Enumerable.Range(0, d).Sum(f => (x[r, f] - centers[c][f]) * (x[r, f] - centers[c][f]))) == y[r] ? 1.0 : 0.0);
    }

    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Its_statistics_are_those_of_scikit_learn(int index)
    {
        JsonNode golden = Golden.Read("synthetic.json")[index]!;
        MakeClassification Source(int seed) => index switch
        {
            0 => new(300, 20, 2, 2, classes: 3, clustersPerClass: 1, flip: 0.1, shuffle: false, seed: seed),
            1 => new(300, 10, 5, 3, classes: 2, clustersPerClass: 3, flip: 0, classSeparation: 1.5, shuffle: false, seed: seed),
            _ => new(300, 8, 4, 0, classes: 2, clustersPerClass: 1, flip: 0, classSeparation: 2, hypercube: false, shuffle: false, seed: seed),
        };
        int informative = index switch { 0 => 2, 1 => 5, _ => 4 };

        double[][] seeds = [.. Enumerable.Range(0, 100).Select(seed =>
        {
            Dataset rows = Read(Source(seed));
            double[,] x = Features(rows);
            return new[]
            {
                NearestCentroid(x, Labels(rows)), Enumerable.Range(0, informative).Average(f => Variance(x, f)), Enumerable.Range(0, x.GetLength(1)).Average(f => Variance(x, f)),
            };
        })];

        // Means of 200 and of 100 seeds differ by sqrt(1 + 2) standard errors of the first; four of those.
        double[] mean = golden["mean"].Doubles(), error = golden["error"].Doubles();
        Assert.All(mean, (m, i) => Assert.Equal(m, seeds.Average(s => s[i]), tolerance: 4 * Math.Sqrt(3) * error[i]));
    }

    [Fact]
    public void Redundant_features_are_mixtures_and_repeated_ones_copies()
    {
        double[,] x = Features(Read(new MakeClassification(rows: 200, features: 9, informative: 2, redundant: 2, repeated: 3, shuffle: false)));

        // Column 2 = a x0 + b x1: solve from two rows, check on all.
        for (int f = 2; f < 4; f++)
        {
            double det = (x[0, 0] * x[1, 1]) - (x[0, 1] * x[1, 0]);
            double a = ((x[0, f] * x[1, 1]) - (x[0, 1] * x[1, f])) / det, b = ((x[0, 0] * x[1, f]) - (x[0, f] * x[1, 0])) / det;
            Assert.InRange(Math.Abs(a), 0, 1.001);
            Assert.All(Enumerable.Range(0, 200), r => Assert.Equal((a * x[r, 0]) + (b * x[r, 1]), x[r, f], tolerance: 1e-4));
        }

        for (int f = 4; f < 7; f++)
        {
            Assert.Contains(Enumerable.Range(0, 4), source => Enumerable.Range(0, 200).All(r => x[r, f] == x[r, source]));
        }

        Assert.InRange(Variance(x, 8), 0.7, 1.3);
    }

    [Fact]
    public void A_share_of_labels_is_drawn_anew()
    {
        int[] clean = Labels(Read(new MakeClassification(rows: 20_000, classes: 3, clustersPerClass: 1, flip: 0)));
        int[] flipped = Labels(Read(new MakeClassification(rows: 20_000, classes: 3, clustersPerClass: 1, flip: 0.3)));

        // Of the redrawn 30 %, two thirds come out different; five deviations of sqrt(0.2 * 0.8 / 20000).
        Assert.Equal(0.2, clean.Zip(flipped).Average(p => p.First == p.Second ? 0.0 : 1.0), tolerance: 0.0142);
    }

    [Fact]
    public void Classes_have_the_shares_that_were_asked_for()
    {
        int[] counts = [.. Labels(Read(new MakeClassification(rows: 1000, classes: 2, flip: 0, weights: [9, 1]))).CountBy(l => l).OrderBy(c => c.Key).Select(c => c.Value)];

        Assert.Equal([900, 100], counts);
    }

    [Fact]
    public void Several_tasks_label_the_same_features_in_their_own_way()
    {
        Dataset rows = Read(new MakeClassification(rows: 400, informative: 4, clustersPerClass: 4, tasks: 3, flip: 0));

        Assert.Equal(["features", "label-0", "label-1", "label-2"], rows.Columns.Select(c => c.Name));
        double agreement = Labels(rows, "label-0").Zip(Labels(rows, "label-1")).Average(p => p.First == p.Second ? 1.0 : 0.0);
        Assert.InRange(agreement, 0.05, 0.95);
    }

    [Fact]
    public void Features_can_be_columns_of_their_own()
    {
        Dataset rows = Read(new MakeClassification(rows: 10, features: 4, separate: true)), vector = Read(new MakeClassification(rows: 10, features: 4));

        Assert.Equal(["x0", "x1", "x2", "x3", "label"], rows.Columns.Select(c => c.Name));
        Assert.Equal(Values(vector, 3), Values(rows, 3));
    }

    [Fact]
    public void Shift_and_scale_move_every_feature()
    {
        double[,] plain = Features(Read(new MakeClassification(rows: 30))), moved = Features(Read(new MakeClassification(rows: 30, shift: 3, scale: 10)));

        Assert.All(Enumerable.Range(0, 30), r => Assert.Equal((plain[r, 4] + 3) * 10, moved[r, 4], tolerance: 1e-4));
    }

    [Fact]
    public void More_clusters_than_corners_are_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => new MakeClassification(informative: 2, classes: 3, clustersPerClass: 2));

        Assert.StartsWith("make-classification: expected classes x clusters-per-class of at most 2^informative = 4, got 3 x 2. Raise informative, or lower clusters-per-class.", e.Message, StringComparison.Ordinal);
    }
}
