using Graft.Data;
using Graft.Tasks;
using Graft.Tensors.Random;

namespace Graft.Tests.Tasks;

public sealed class TargetEncoderTests
{
    private static readonly float None = float.NaN;

    private static readonly Dataset Train = new("train.csv",
    [
        new CategoryColumn("animal", [2, 0, -1, 2, 3], ["ant", "bee", "cat", "dog"]),
        new TextColumn("income", ["low", "high", "low", null, "high"]),
        new NumberColumn("quality", [7, 3, 10, 3, None]),
        new NumberColumn("price", [1, 2, 3, None, 4]),
        new NumberColumn("red", [1, 0, None, 1, 0]),
        new CategoryColumn("big", [0, 1, 0, -1, 1], ["no", "Yes"]),
        new VectorColumn("pair", [1, 10, 2, 20, 3, 30, None, 40, 4, 50], 2),
    ]);

    [Fact]
    public void The_kind_is_told_from_the_columns()
    {
        TaskKind Of(params string[] columns) => TargetEncoder.Fit(Train, columns).Kind;

        Assert.Equal(TaskKind.MultiClass, Of("animal"));
        Assert.Equal(TaskKind.Binary, Of("income"));
        Assert.Equal(TaskKind.Binary, Of("red"));
        Assert.Equal(TaskKind.Binary, Of("big"));
        Assert.Equal(TaskKind.Regression, Of("price"));
        Assert.Equal(TaskKind.Regression, Of("pair"));
        Assert.Equal(TaskKind.Regression, Of("price", "quality"));
        Assert.Equal(TaskKind.MultiLabel, Of("red", "big"));
    }

    [Fact]
    public void Classes_are_those_that_training_rows_have()
    {
        var encoder = TargetEncoder.Fit(Train, ["animal"]);

        Targets targets = encoder.Bind(Train);

        Assert.Equal(["ant", "cat", "dog"], encoder.Names);
        Assert.Equal(3, encoder.Outputs);
        Assert.Equal([1, 0, -1, 1, 2], targets.Labels);
        Assert.Equal([false, false, true, false, false], Enumerable.Range(0, 5).Select(targets.IsMissing));
    }

    [Fact]
    public void Numbers_can_be_classes_in_their_order()
    {
        var encoder = TargetEncoder.Fit(Train, ["quality"], new TargetOptions(TaskKind.MultiClass));

        Assert.Equal(["3", "7", "10"], encoder.Names);
        Assert.Equal([1, 0, 2, 0, -1], encoder.Bind(Train).Labels);
    }

    [Theory, InlineData(null, "high, low", 0), InlineData("high", "low, high", 1)]
    public void A_binary_task_has_a_positive_class(string? positive, string names, int second)
    {
        var encoder = TargetEncoder.Fit(Train, ["income"], new TargetOptions(Positive: positive));

        Targets targets = encoder.Bind(Train);

        Assert.Equal(names, string.Join(", ", encoder.Names));
        Assert.Equal([1 - second, second, 1 - second, -1, second], targets.Labels);
        Assert.Equal([1 - second, second, 1 - second, None, second], targets.Values);
        Assert.Equal(1, encoder.Outputs);
    }

    [Fact]
    public void A_positive_class_of_many_stands_against_the_rest()
    {
        var encoder = TargetEncoder.Fit(Train, ["animal"], new TargetOptions(Positive: "cat"));
        var test = new Dataset("test", [new TextColumn("animal", ["emu", "cat", null])]);

        Assert.Equal(["not cat", "cat"], encoder.Names);
        Assert.Equal([1, 0, -1, 1, 0], encoder.Bind(Train).Labels);
        Assert.Equal([0, 1, -1], TargetEncoder.FromJson(encoder.ToJson()).Bind(test).Labels);
    }

    [Fact]
    public void Labels_that_are_missing_are_not_a_number()
    {
        Targets targets = TargetEncoder.Fit(Train, ["red", "big"]).Bind(Train);

        Assert.Equal([1, 0, 0, 1, None, 0, 1, None, 0, 1], targets.Values);
    }

    // 1, 2, 3, 4: mean 2.5, standard deviation sqrt(1.25).
    [Fact]
    public void Numbers_are_standardized_for_training_and_brought_back()
    {
        var encoder = TargetEncoder.Fit(Train, ["price"]);
        Targets targets = encoder.Bind(Train);
        float[] values = targets.Values.ToArray();

        encoder.Invert(values);

        Assert.Equal(-1.5 / Math.Sqrt(1.25), targets.Values[0], tolerance: 1e-6);
        Assert.Equal([1, 2, 3, None, 4], targets.Raw);
        Assert.Equal([1, 2, 3, None, 4], values.Select(v => MathF.Round(v, 5)));
        Assert.Equal([1, 2, 3, None, 4], TargetEncoder.Fit(Train, ["price"], new TargetOptions(Standardize: false)).Bind(Train).Values);
    }

    [Fact]
    public void A_vector_is_several_numbers()
    {
        var encoder = TargetEncoder.Fit(Train, ["pair"], new TargetOptions(Standardize: false));

        Assert.Equal(["pair[0]", "pair[1]"], encoder.Names);
        Assert.Equal([1, 10, 2, 20, 3, 30, None, 40, 4, 50], encoder.Bind(Train).Values);
    }

    [Fact]
    public void A_class_that_training_lacks_is_refused_with_its_rows_or_skipped_with_a_notice()
    {
        var test = new Dataset("test.csv", [new TextColumn("animal", ["cat", "emu", "bee", "emu", null])]);

        var e = Assert.Throws<GraftInputException>(() => TargetEncoder.Fit(Train, ["animal"]).Bind(test));
        Targets skipped = TargetEncoder.Fit(Train, ["animal"], new TargetOptions(SkipUnseen: true)).Bind(test);

        Assert.Equal("test.csv: column 'animal': expected one of the classes ant, cat, dog that training rows have, got 'bee' (1 rows, the first is row 3), "
            + "'emu' (2 rows, the first is row 2). Learn from rows of every class, name those that no training row has (classes), or leave such rows out.", e.Message);
        Assert.Equal([1, -1, -1, -1, -1], skipped.Labels);
        Assert.EndsWith("They are skipped.", Assert.Single(skipped.Notices), StringComparison.Ordinal);
    }

    [Fact]
    public void Targets_that_cannot_be_learned_are_refused_in_one_sentence()
    {
        string Refusal(string column, TargetOptions options) => Assert.Throws<GraftInputException>(() => TargetEncoder.Fit(Train, [column], options)).Message;
        var bare = new Dataset("d", [new NumberColumn("y", [None, None]), new CategoryColumn("c", [0, 0], ["a", "b"])]);

        Assert.Equal("train.csv: target: expected 2 classes for a binary task in column 'animal' of the training rows, got 3: ant, cat, dog. Say with positive which one counts as yes, or make it a multi-class task.", Refusal("animal", new(TaskKind.Binary)));
        Assert.Equal("train.csv: target: expected the positive class to be one of high, low, got 'rich'.", Refusal("income", new(Positive: "rich")));
        Assert.Equal("train.csv: target: expected the positive class to be one of ant, cat, dog, got 'emu'.", Refusal("animal", new(Positive: "emu")));
        Assert.Equal("train.csv: column 'income', row 1: expected a number, got 'low'.", Refusal("income", new(TaskKind.Regression)));
        Assert.Equal("train.csv: column 'quality', row 1: expected 0 or 1, got 7.", Refusal("quality", new(TaskKind.MultiLabel)));
        Assert.Equal("d: target: expected a training row with a value of 'y', got none of 2.",
            Assert.Throws<GraftInputException>(() => TargetEncoder.Fit(bare, ["y"])).Message);
        Assert.Equal("d: target: expected 2 to 10000 classes in column 'c' of the training rows, got 1: a.",
            Assert.Throws<GraftInputException>(() => TargetEncoder.Fit(bare, ["c"])).Message);
        Assert.StartsWith("train.csv: expected a column named 'colour', got animal,", Refusal("colour", new()), StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_written_and_read_again_is_the_same()
    {
        TargetEncoder[] encoders = [TargetEncoder.Fit(Train, ["animal"]), TargetEncoder.Fit(Train, ["income"], new(Positive: "high")), TargetEncoder.Fit(Train, ["red", "big"]), TargetEncoder.Fit(Train, ["pair"])];

        Assert.All(encoders, encoder =>
        {
            var again = TargetEncoder.FromJson(encoder.ToJson());
            Assert.Equal(encoder.Bind(Train).Values.ToArray(), again.Bind(Train).Values.ToArray());
            Assert.Equal(encoder.Bind(Train).Labels.ToArray(), again.Bind(Train).Labels.ToArray());
            Assert.Equal(encoder.ToJson(), again.ToJson());
            Assert.Equal(encoder.ToString(), again.ToString());
        });
    }

    [Fact]
    public void A_damaged_encoder_is_refused_with_one_kind_of_error()
    {
        string json = TargetEncoder.Fit(Train, ["pair"]).ToJson();
        var stream = RandomStream.For(6, "fuzz");
        int refused = 0;
        for (int round = 0; round < 500; round++)
        {
            char[] damaged = json.ToCharArray();
            damaged[stream.NextInt(damaged.Length)] = "0{}[],:\"-e9n"[stream.NextInt(12)];
            try
            {
                TargetEncoder.FromJson(new string(damaged), "model.json").Bind(Train);
            }
            catch (GraftInputException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 120, 500);
    }

    [Fact]
    public void A_task_about_one_value_of_a_column_learns_and_knows_its_own_rows_alone()
    {
        var train = new Dataset("train", [CategoryColumn.From("place", ["n", "s", "n", null]), CategoryColumn.From("kind", ["a", "x", "b", "y"])]);
        var north = TargetEncoder.Fit(train, ["kind"], new TargetOptions(TaskKind.MultiClass, Only: new RowLevel("place", "n")));
        var test = new Dataset("test", [CategoryColumn.From("place", ["s", null, "e"]), CategoryColumn.From("kind", ["a", "a", "a"])]);

        Assert.Equal(["a", "b"], north.Names);
        Assert.Equal([0, -1, 1, -1], north.Bind(train).Labels);
        Assert.Equal([-1, -1, -1], TargetEncoder.FromJson(north.ToJson()).Bind(test).Labels);
        Assert.Equal(["test: column 'place': 3 of 3 rows have none of the values that tasks are about, got e, no value, s; they count for no task."], RowLevel.Notices(test, [north]));
        Assert.DoesNotContain("only", TargetEncoder.Fit(train, ["kind"]).ToJson(), StringComparison.Ordinal);
    }
}
