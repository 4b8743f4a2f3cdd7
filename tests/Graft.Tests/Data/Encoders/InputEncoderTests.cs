using Graft.Data;
using Graft.Data.Encoders;
using Graft.Tensors.Random;

namespace Graft.Tests.Data.Encoders;

public sealed class InputEncoderTests
{
    private static readonly Dataset Train = new("train.csv",
    [
        new NumberColumn("age", [20, 40, float.NaN, 60]),
        new CategoryColumn("work", [0, 2, -1, 0], ["office", "never seen", "field"]),
        new VectorColumn("v", [1, 10, 3, 10, 5, 10, float.NaN, 10], 2),
        new TextColumn("note", ["good fish", "fish", "bad", null]),
        new CategoryColumn("label", [0, 1, 0, 1], ["no", "yes"]),
    ]);

    private static readonly InputOptions Options = new(Exclude: ["label"], Text: TextWeighting.Tf);

    [Fact]
    public void Columns_of_a_table_stand_side_by_side_and_every_feature_knows_its_column()
    {
        var encoder = InputEncoder.Fit(Train, Options);

        Assert.Equal(new InputShape(InputKind.Table, [10]), encoder.Shape);
        Assert.Equal(
            ["age", "age is missing", "work=office", "work=field", "work is missing", "v[0]", "v[1]", "note:bad", "note:fish", "note:good"],
            encoder.Features.Select(f => f.Name));
        Assert.Equal(["age", "work", "v", "note"], encoder.Features.Select(f => f.Column).Distinct());
    }

    [Fact]
    public void Rows_are_encoded_as_the_training_rows_say()
    {
        EncodedRows rows = InputEncoder.Fit(Train, Options).Bind(Train);
        float[] row = new float[10];

        rows.Encode(2, row);

        // age is missing: the mean 40 becomes 0, the indicator 1. v = (5 - 3) / sqrt(8/3), and 10 is constant.
        Assert.Equal([0, 1, 0, 0, 1, 1.22474f, 0, 1, 0, 0], row.Select(x => MathF.Round(x, 5)));
        Assert.Empty(rows.Notices);
    }

    [Fact]
    public void Unseen_levels_become_zeros_and_are_counted()
    {
        var test = new Dataset("test.csv",
        [
            new NumberColumn("age", [20, 20, 20]),
            new CategoryColumn("work", [0, 1, 2], ["field", "sea", "air"]),
            new VectorColumn("v", new float[6], 2),
            new TextColumn("note", [null, null, null]),
        ]);

        EncodedRows rows = InputEncoder.Fit(Train, Options).Bind(test);
        float[] all = rows.EncodeAll();

        Assert.Equal([0, 1, 0], all[2..5]);
        Assert.Equal([0, 0, 0], all[12..15]);
        Assert.Equal(["test.csv: column 'work': 2 of 3 rows have a level that the model does not know (air, sea); it counts as none."], rows.Notices);
    }

    [Fact]
    public void Columns_that_were_read_as_another_kind_are_understood()
    {
        var encoder = InputEncoder.Fit(new Dataset("a", [new NumberColumn("n", [1, 3]), new CategoryColumn("c", [0, 1], ["7", "x"])]), new InputOptions(Numbers: NumberScaling.None));
        var other = new Dataset("b", [new CategoryColumn("n", [1, 0, -1], ["2.5", "1"]), new NumberColumn("c", [7, float.NaN, 8])]);

        float[] all = encoder.Bind(other).EncodeAll();

        Assert.Equal([1, 1, 0, 2.5f, 0, 0, 2, 0, 0], all);
    }

    [Fact]
    public void What_was_written_and_read_again_encodes_the_same()
    {
        var stream = RandomStream.For(3, "encoder");
        var sequence = new SequenceColumn("s", [.. Enumerable.Range(1, 5).Select(i => Floats(ref stream, i * 2))], 2);
        var picture = new PictureColumn("p", 5, r => new Picture(2, 2, 1, [(byte)r, 40, 80, (byte)(200 + r)]));
        Dataset[] sets = [Train, new Dataset("s", [sequence]), new Dataset("p", [picture])];

        foreach (Dataset set in sets)
        {
            foreach (InputOptions options in (InputOptions[])[Options, Options with { Numbers = NumberScaling.Robust, Text = TextWeighting.TfIdf, Impute = Imputation.Median }])
            {
                var encoder = InputEncoder.Fit(set, options);
                var again = InputEncoder.FromJson(encoder.ToJson());

                Assert.Equal(encoder.Bind(set).EncodeAll(), again.Bind(set).EncodeAll());
                Assert.Equal(encoder.Shape, again.Shape);
                Assert.Equal(encoder.Features, again.Features);
                Assert.Equal(encoder.ToJson(), again.ToJson());
            }
        }

        static float[] Floats(ref RandomStream stream, int count)
        {
            var values = new float[count];
            for (int i = 0; i < count; i++)
            {
                values[i] = (float)stream.NextNormal();
            }

            return values;
        }
    }

    [Fact]
    public void A_damaged_encoder_is_refused_with_one_kind_of_error()
    {
        string json = InputEncoder.Fit(Train, Options).ToJson();
        var stream = RandomStream.For(5, "fuzz");
        int refused = 0;
        for (int round = 0; round < 800; round++)
        {
            char[] damaged = json.ToCharArray();
            for (int i = stream.NextInt(3); i >= 0; i--)
            {
                damaged[stream.NextInt(damaged.Length)] = "0{}[],:\"-e9n"[stream.NextInt(12)];
            }

            string text = new(damaged, 0, stream.NextInt(4) == 0 ? stream.NextInt(damaged.Length) : damaged.Length);
            try
            {
                InputEncoder.FromJson(text, "model.json").Bind(Train).EncodeAll();
            }
            catch (GraftInputException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 250, 800);
    }

    [Fact]
    public void Sequences_are_filled_up_with_zeros_and_cut_with_a_notice()
    {
        var train = new Dataset("s", [new SequenceColumn("s", [[1, 1, 3, 1], [5, 1, float.NaN, 1]], 2)]);
        var encoder = InputEncoder.Fit(train, new InputOptions(Numbers: NumberScaling.None));
        var test = new Dataset("t", [new SequenceColumn("s", [[7, 8], [1, 2, 3, 4, 5, 6]], 2)]);

        EncodedRows rows = encoder.Bind(test);

        Assert.Equal("sequence [2, 2]", rows.Shape.ToString());
        Assert.Equal([7, 8, 0, 0, 1, 2, 3, 4], rows.EncodeAll());
        Assert.Equal((1, 2), (rows.Steps(0), rows.Steps(1)));
        Assert.Equal(["t: column 's': 1 of 2 sequences are longer than 2 steps and lose their end."], rows.Notices);
        Assert.Equal(3, encoder.Bind(train).EncodeAll()[6]);     // the mean of 1, 3 and 5
    }

    [Fact]
    public void Everything_that_is_wrong_with_the_columns_is_said_at_once()
    {
        var fit = Assert.Throws<GraftInputException>(() => InputEncoder.Fit(Train, new InputOptions(Columns: ["age", "wage", "colour"])));
        Dataset other = new("test.csv", [new NumberColumn("age", [1, float.PositiveInfinity]), new TextColumn("v", ["a", "b"]), new TextColumn("note", ["a", "b"])]);
        var bind = Assert.Throws<GraftInputException>(() => InputEncoder.Fit(Train, Options).Bind(other));

        Assert.Equal(["inputs: expected a column named 'wage', got age, work, v, note, label.", "inputs: expected a column named 'colour', got age, work, v, note, label."],
            fit.Findings.Select(f => f.Message));
        Assert.Equal(
        [
            "column 'age', row 2: expected finite numbers, got infinity. Leave it empty where it is missing.",
            "expected a column named 'work', got age, v, note.",
            "column 'v': expected vectors of 2 numbers, got a text column.",
        ], bind.Findings.Select(f => f.Message));
    }

    [Fact]
    public void A_picture_beside_other_inputs_is_refused()
    {
        var rows = new Dataset("d", [new PictureColumn("p", 1, _ => new Picture(1, 1, 1, [1])), new NumberColumn("n", [1])]);

        var e = Assert.Throws<GraftInputException>(() => InputEncoder.Fit(rows, new InputOptions()));

        Assert.Equal("d: inputs: expected one column where it is a picture, a sequence or tokens, got p, n. Name 'p' as the only input.", e.Message);
    }

    [Fact]
    public void Fitting_says_what_it_left_out()
    {
        var rows = new Dataset("d", [new NumberColumn("n", [float.NaN, float.NaN, float.NaN]), new CategoryColumn("c", [0, 1, 1], ["a", "b"])]);

        var encoder = InputEncoder.Fit(rows, new InputOptions(MaxLevels: 1));

        Assert.Equal(["d: column 'n' has no value in the training rows; it tells the model nothing.", "d: column 'c' has 2 levels in the training rows; the 1 most frequent are kept."], encoder.Notices);
        Assert.Equal(["n", "n is missing", "c=b"], encoder.Features.Select(f => f.Name));
    }
}
