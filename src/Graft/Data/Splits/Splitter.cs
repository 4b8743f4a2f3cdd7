using System.Globalization;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Splits;

/// <summary>Divides rows into training, validation and test rows: at random, stratified, by groups, or in folds.</summary>
/// <remarks>
/// <para>Every row gets a number from hash(seed, row); the smallest numbers are the test rows, the next the validation rows, then the training rows.
/// So the same row lands on the same side however the later sides are sized, and 50 training rows are a part of the 100 that another run takes.</para>
/// <para>Stratified: the same within every class, sizes by largest remainder, at least one training row a class. Grouped: whole groups, in
/// the order of their hash, go where they bring sizes (and classes) closest to what was asked for; no group straddles.</para>
/// </remarks>
/// <param name="test">Fraction of the rows in (0, 1), or a whole number of rows; 0 for none.</param>
/// <param name="validation">Fraction of all rows in (0, 1), or a whole number of rows; 0 for none.</param>
/// <param name="train">Fraction or number of training rows to keep; 0 for all that the other sides leave.</param>
/// <param name="trainPerClass">Training rows to keep of every class; 0 for all.</param>
/// <param name="stratify">Column whose classes are spread evenly over the sides; null for none.</param>
/// <param name="group">Column whose equal values stay on one side; null for none.</param>
/// <param name="folds">Number of folds, at least 2; each is the test side once. 0 for a single split.</param>
public sealed class Splitter(
    double test = 0.2, double validation = 0.1, double train = 0, int trainPerClass = 0, string? stratify = null, string? group = null, int folds = 0)
{
    private readonly double _test = Share(test);
    private readonly double _validation = Share(validation);
    private readonly double _train = Share(train);
    private readonly int _trainPerClass = Check.AtLeast(0, trainPerClass);
    private readonly int _folds = folds == 0 ? 0 : Check.AtLeast(2, folds);

    /// <summary>Number of splits that <see cref="All(Dataset, ulong, string)"/> gives; at least 1.</summary>
    public int Count => Math.Max(1, _folds);

    /// <summary>The split, or all folds, of a data set.</summary>
    /// <param name="rows">The data set.</param>
    /// <param name="seed">Seed of the split, apart from the seed of training.</param>
    /// <param name="target">The column that counts as the class for trainPerClass where nothing is stratified; null for none.</param>
    /// <exception cref="GraftInputException">The rows cannot be divided so.</exception>
    public IReadOnlyList<Split> All(Dataset rows, ulong seed, string? target = null)
    {
        string? labels = stratify ?? (_trainPerClass > 0 ? target : null);
        return All(SplitRows.From(rows, labels, group), seed);
    }

    /// <summary>The split, or all folds, of rows.</summary>
    /// <param name="rows">Rows with their classes and groups; classes are stratified where the stratify column is named.</param>
    /// <param name="seed">Seed of the split.</param>
    /// <exception cref="GraftInputException">The rows cannot be divided so.</exception>
    public IReadOnlyList<Split> All(SplitRows rows, ulong seed)
    {
        if (stratify is not null && rows.Labels is null)
        {
            throw new GraftInputException(rows.Name, $"split: expected classes to stratify by '{stratify}', got none.");
        }

        var order = new RowOrder(rows, RandomStream.For(seed, "split"), stratified: stratify is not null);
        if (_folds == 0)
        {
            return [Keep(rows, order, order.Divide(SideSizes(rows, _test)))];
        }

        order.NeedRows(_folds, FormattableString.Invariant($"{_folds} folds"));
        int[] sizes = [.. Enumerable.Range(0, _folds).Select(f => ((rows.Count * (f + 1)) / _folds) - ((rows.Count * f) / _folds))];
        int[] foldOf = order.Divide(sizes, bySize: true);
        var splits = new Split[_folds];
        for (int fold = 0; fold < _folds; fold++)
        {
            int[] rest = [.. Enumerable.Range(0, rows.Count).Where(r => foldOf[r] != fold)];
            RowOrder inner = order.Of(rest);
            int[] side = new int[rows.Count];            // 0 test, 1 validation, 2 train
            int[] innerSide = inner.Divide([0, .. SideSizes(rows, 0, rest.Length)[1..]]);
            for (int i = 0; i < rest.Length; i++)
            {
                side[rest[i]] = innerSide[i];
            }

            splits[fold] = Keep(rows, order, side);
        }

        return splits;
    }

    /// <summary>The same division where the test or the validation rows come from elsewhere: none are set aside for them. Folds keep theirs.</summary>
    /// <param name="test">Whether the test rows come from elsewhere.</param>
    /// <param name="validation">Whether the validation rows come from elsewhere.</param>
    public Splitter Without(bool test, bool validation) => (test && _folds == 0) || validation
        ? new Splitter(test && _folds == 0 ? 0 : _test, validation ? 0 : _validation, _train, _trainPerClass, stratify, group, _folds)
        : this;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"Splitter(test: {_test}, validation: {_validation}{(_train > 0 ? $", train: {_train}" : "")}{(_trainPerClass > 0 ? $", trainPerClass: {_trainPerClass}" : "")}{(stratify is null ? "" : $", stratify: {stratify}")}{(group is null ? "" : $", group: {group}")}{(_folds > 0 ? $", folds: {_folds}" : "")})");

    private static double Share(double value, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(value))] string name = "") =>
        double.IsFinite(value) && value >= 0 && (value < 1 || (value == Math.Floor(value) && value <= int.MaxValue))
            ? value
            : throw new ArgumentOutOfRangeException(name, value, string.Create(CultureInfo.InvariantCulture, $"{name}: expected a fraction in [0, 1) or a whole number of rows, got {value}."));

    private static int Rows(double share, int count) =>
        share == 0 ? 0 : share >= 1 ? (int)share : Math.Max(1, (int)Math.Round(share * count, MidpointRounding.AwayFromZero));

    /// <summary>How many rows each side gets: test, validation, train; the sum is all rows.</summary>
    private int[] SideSizes(SplitRows rows, double testShare, int? of = null)
    {
        int count = of ?? rows.Count;
        int testRows = Rows(testShare, rows.Count), validationRows = Rows(_validation, rows.Count);
        int least = Math.Max(1, _train >= 1 ? (int)_train : 1);
        if ((long)testRows + validationRows + least > count)
        {
            throw new GraftInputException(rows.Name, string.Create(CultureInfo.InvariantCulture,
                $"split: expected at least {(long)testRows + validationRows + least} rows for {testRows} test, {validationRows} validation and {least} training rows, got {count}."));
        }

        return [testRows, validationRows, count - testRows - validationRows];
    }

    private Split Keep(SplitRows rows, RowOrder order, int[] side)
    {
        int[] Of(int wanted) => [.. Enumerable.Range(0, rows.Count).Where(r => side[r] == wanted)];
        int[] kept = Of(2);
        if (_trainPerClass > 0)
        {
            kept = order.FirstOfEachClass(kept, _trainPerClass);
        }

        int most = Rows(_train, rows.Count);
        if (most > kept.Length && _train >= 1)
        {
            throw new GraftInputException(rows.Name, $"split: expected at least {most} training rows, got {kept.Length}. Ask for fewer, or make the other sides smaller.");
        }

        return new Split(most > 0 && most < kept.Length ? order.First(kept, most) : kept, Of(1), Of(0));
    }
}
