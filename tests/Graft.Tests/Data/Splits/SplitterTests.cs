using Graft.Data;
using Graft.Data.Splits;

namespace Graft.Tests.Data.Splits;

public sealed class SplitterTests
{
    private static readonly int[] Labels = [.. Enumerable.Range(0, 1000).Select(i => i % 10 < 7 ? 0 : i % 10 < 9 ? 1 : 2)];   // 70, 20, 10 %

    private static SplitRows Rows(int count = 1000, int[]? labels = null, int[]? groups = null) => new("rows", count, labels, ["a", "b", "c"], groups);

    private static Split One(Splitter splitter, SplitRows rows, ulong seed = 1) => Assert.Single(splitter.All(rows, seed));

    private static void AssertDisjoint(int count, Split split, bool all = true)
    {
        int[] union = [.. split.Train, .. split.Validation, .. split.Test];
        Assert.Equal(union.Length, union.Distinct().Count());
        Assert.All(union, r => Assert.InRange(r, 0, count - 1));
        if (all)
        {
            Assert.Equal(count, union.Length);
        }
    }

    [Fact]
    public void Fractions_give_exact_sizes_and_every_row_one_side()
    {
        Split split = One(new Splitter(test: 0.2, validation: 0.1), Rows());

        Assert.Equal((700, 100, 200), (split.Train.Length, split.Validation.Length, split.Test.Length));
        AssertDisjoint(1000, split);
    }

    [Fact]
    public void No_rows_are_set_aside_for_sides_that_come_from_elsewhere()
    {
        var splitter = new Splitter(test: 0.2, validation: 0.1, stratify: "label");

        Split test = One(splitter.Without(test: true, validation: false), Rows(labels: Labels)), both = One(splitter.Without(true, true), Rows(labels: Labels));

        Assert.Equal((900, 100, 0), (test.Train.Length, test.Validation.Length, test.Test.Length));
        Assert.Equal((1000, 0, 0), (both.Train.Length, both.Validation.Length, both.Test.Length));
        Assert.Same(splitter, splitter.Without(false, false));
        Assert.Equal(200, new Splitter(folds: 5).Without(test: true, validation: false).All(Rows(), 1)[0].Test.Length);
    }

    [Fact]
    public void Counts_are_taken_as_rows_and_surplus_training_rows_are_left_out()
    {
        Split split = One(new Splitter(test: 500, validation: 30, train: 50), Rows());

        Assert.Equal((50, 30, 500), (split.Train.Length, split.Validation.Length, split.Test.Length));
        AssertDisjoint(1000, split, all: false);
    }

    [Fact]
    public void The_test_rows_do_not_depend_on_the_other_sides_and_few_training_rows_are_part_of_more()
    {
        Split few = One(new Splitter(test: 0.2, validation: 0.1, train: 50), Rows());
        Split more = One(new Splitter(test: 0.2, validation: 0.1, train: 100), Rows());
        Split other = One(new Splitter(test: 0.2, validation: 0.3), Rows());

        Assert.Equal(few.Test, other.Test);
        Assert.Empty(few.Train.Except(more.Train));
        Assert.Empty(few.Validation.Except(other.Validation));
    }

    [Fact]
    public void The_same_seed_gives_the_same_rows_and_another_seed_others()
    {
        Assert.Equal(One(new Splitter(), Rows()).Test, One(new Splitter(), Rows()).Test);
        Assert.NotEqual(One(new Splitter(), Rows()).Test, One(new Splitter(), Rows(), seed: 2).Test);
    }

    [Fact]
    public void A_row_more_moves_few_rows_to_another_side()
    {
        Split before = One(new Splitter(test: 0.2, validation: 0), Rows(1000));
        Split after = One(new Splitter(test: 0.2, validation: 0), Rows(1010));

        Assert.InRange(before.Test.Except(after.Test).Count(), 0, 12);   // at most about the ten new rows push one out
    }

    [Fact]
    public void Stratified_sides_have_the_classes_in_proportion()
    {
        Split split = One(new Splitter(test: 0.2, validation: 0.1, stratify: "label"), Rows(labels: Labels));

        Assert.Equal([140, 40, 20], Counts(split.Test));
        Assert.Equal([70, 20, 10], Counts(split.Validation));
        Assert.Equal([490, 140, 70], Counts(split.Train));
        AssertDisjoint(1000, split);
    }

    [Fact]
    public void Few_stratified_training_rows_hold_every_class()
    {
        int[] labels = [.. Enumerable.Range(0, 1000).Select(i => i < 990 ? 0 : i < 995 ? 1 : 2)];

        Split split = One(new Splitter(test: 0.2, validation: 0.1, train: 20, stratify: "label"), Rows(labels: labels));

        Assert.Equal(20, split.Train.Length);
        Assert.Equal(3, split.Train.Select(r => labels[r]).Distinct().Count());
    }

    [Fact]
    public void Training_rows_per_class_are_exact()
    {
        Split split = One(new Splitter(test: 0.2, trainPerClass: 5, stratify: "label"), Rows(labels: Labels));

        Assert.Equal([5, 5, 5], Counts(split.Train));
        Assert.Equal(200, split.Test.Length);
    }

    [Theory, InlineData(null), InlineData("label")]
    public void A_group_never_straddles_and_sizes_come_close(string? stratify)
    {
        // 200 groups of 1 to 9 rows.
        int[] groups = [.. Enumerable.Range(0, 200).SelectMany(g => Enumerable.Repeat(g, 1 + (g % 9))).Take(1000)];
        int[] labels = Labels[..groups.Length];

        Split split = One(new Splitter(test: 0.2, validation: 0.1, group: "g", stratify: stratify), Rows(groups.Length, labels, groups));

        HashSet<int> Of(int[] rows) => [.. rows.Select(r => groups[r])];
        Assert.Empty(Of(split.Train).Intersect(Of(split.Test)));
        Assert.Empty(Of(split.Train).Intersect(Of(split.Validation)));
        Assert.Empty(Of(split.Validation).Intersect(Of(split.Test)));
        Assert.InRange(split.Test.Length / (double)groups.Length, 0.19, 0.21);
        Assert.InRange(split.Validation.Length / (double)groups.Length, 0.09, 0.11);
        AssertDisjoint(groups.Length, split);
        if (stratify is not null)
        {
            Assert.InRange(split.Test.Count(r => labels[r] == 2) / (double)split.Test.Length, 0.07, 0.13);
        }
    }

    [Theory, InlineData(false, false), InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public void Every_row_is_tested_in_exactly_one_fold(bool stratified, bool grouped)
    {
        int[] groups = [.. Enumerable.Range(0, 1000).Select(r => r / 4)];

        IReadOnlyList<Split> folds = new Splitter(validation: 0.1, stratify: stratified ? "l" : null, group: grouped ? "g" : null, folds: 5)
            .All(Rows(labels: Labels, groups: grouped ? groups : null), 3);

        Assert.Equal(5, folds.Count);
        Assert.Equal(Enumerable.Range(0, 1000), folds.SelectMany(f => f.Test).Order());
        Assert.All(folds, f => AssertDisjoint(1000, f));
        Assert.All(folds, f => Assert.InRange(f.Test.Length, 196, 204));
        Assert.All(folds, f => Assert.InRange(f.Validation.Length, 96, 104));
        if (grouped)
        {
            Assert.All(folds, f => Assert.Empty(f.Train.Concat(f.Validation).Select(r => groups[r]).Intersect(f.Test.Select(r => groups[r]))));
        }

        if (stratified)
        {
            Assert.All(folds, f => Assert.InRange(Counts(f.Test)[2], 18, 22));
        }
    }

    [Fact]
    public void Stratified_folds_of_a_small_class_differ_by_one_row_at_most()
    {
        int[] labels = [.. Enumerable.Repeat(0, 85), .. Enumerable.Repeat(1, 15)];

        IReadOnlyList<Split> folds = new Splitter(validation: 0, stratify: "l", folds: 10).All(Rows(100, labels), 3);

        Assert.All(folds, f => Assert.InRange(f.Test.Count(r => labels[r] == 1), 1, 2));
    }

    [Fact]
    public void A_split_reads_its_columns_from_a_data_set()
    {
        var rows = new Dataset("pupils.csv",
        [
            new CategoryColumn("label", [.. Enumerable.Range(0, 60).Select(i => i % 3)], ["x", "y", "z"]),
            new NumberColumn("school", [.. Enumerable.Range(0, 60).Select(i => (float)(i / 6))]),
            new TextColumn("pupil", [.. Enumerable.Range(0, 60).Select(i => $"p{i / 2}")]),
        ]);

        Split byNumber = Assert.Single(new Splitter(test: 0.2, validation: 0, group: "school").All(rows, 1));
        Split byText = Assert.Single(new Splitter(test: 0.2, validation: 0, group: "pupil").All(rows, 1));
        Split perClass = Assert.Single(new Splitter(test: 0.2, validation: 0, trainPerClass: 2).All(rows, 1, target: "label"));

        Assert.Equal(2, byNumber.Test.Select(r => r / 6).Distinct().Count());
        Assert.Equal(6, byText.Test.Select(r => r / 2).Distinct().Count());
        Assert.Equal(6, perClass.Train.Length);
    }

    [Fact]
    public void Impossible_splits_are_refused_in_one_sentence()
    {
        Assert.Equal("rows: split: expected at least 2 rows for 1 test, 0 validation and 1 training rows, got 1.",
            Refusal(new Splitter(test: 0.2, validation: 0), Rows(1)));
        Assert.Equal("rows: split: expected at least 1050 rows for 500 test, 500 validation and 50 training rows, got 1000.",
            Refusal(new Splitter(test: 500, validation: 500, train: 50), Rows()));
        Assert.Equal("rows: split: expected at least 2 rows of class 'b' to stratify, got 1. Leave stratify out, or merge rare classes.",
            Refusal(new Splitter(stratify: "l"), Rows(10, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1])));
        Assert.Equal("rows: split: expected at least 5 training rows of class 'c', got 0. Lower trainPerClass, or make the other sides smaller.",
            Refusal(new Splitter(trainPerClass: 5, stratify: "l"), Rows(100, [.. Enumerable.Range(0, 100).Select(i => i % 2)])));
        Assert.Equal("rows: split: expected a column of classes for trainPerClass, got none. Name it with stratify.",
            Refusal(new Splitter(trainPerClass: 5), Rows(100)));
        Assert.Equal("rows: split: expected at least 5 rows for 5 folds, got 4.", Refusal(new Splitter(folds: 5, validation: 0), Rows(4)));
        Assert.Equal("rows: split: expected at least 3 groups for 20 + 10 + 70 rows, got 2.",
            Refusal(new Splitter(group: "g"), Rows(100, groups: [.. Enumerable.Range(0, 100).Select(i => i % 2)])));

        static string Refusal(Splitter splitter, SplitRows rows) => Assert.Throws<GraftInputException>(() => splitter.All(rows, 1)).Message;
    }

    [Fact]
    public void A_share_that_is_neither_fraction_nor_count_is_refused()
    {
        var e = Assert.Throws<ArgumentOutOfRangeException>(() => new Splitter(test: 1.5));

        Assert.StartsWith("test: expected a fraction in [0, 1) or a whole number of rows, got 1.5.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_small_data_set_is_split_or_refused()
    {
        var stream = Graft.Tensors.Random.RandomStream.For(1, "fuzz");
        for (int round = 0; round < 2000; round++)
        {
            int count = stream.NextInt(12);
            int[] labels = [.. Enumerable.Range(0, count).Select(_ => stream.NextInt(4) - 1)];
            int[] groups = [.. Enumerable.Range(0, count).Select(_ => stream.NextInt(6) - 1)];
            bool grouped = stream.NextInt(2) == 0;
            var splitter = new Splitter(stream.NextInt(4) * 0.2, stream.NextInt(3), stream.NextInt(4), stream.NextInt(2),
                stream.NextInt(2) == 0 ? "l" : null, grouped ? "g" : null, stream.NextInt(3) is var f and > 0 ? f + 1 : 0);
            try
            {
                foreach (Split split in splitter.All(Rows(count, labels, grouped ? groups : null), (ulong)round))
                {
                    AssertDisjoint(count, split, all: false);
                    Assert.NotEmpty(split.Train);
                }
            }
            catch (GraftInputException e)
            {
                Assert.EndsWith(".", e.Message, StringComparison.Ordinal);
            }
        }
    }

    private static int[] Counts(int[] rows) => [.. Enumerable.Range(0, 3).Select(c => rows.Count(r => Labels[r] == c))];
}
