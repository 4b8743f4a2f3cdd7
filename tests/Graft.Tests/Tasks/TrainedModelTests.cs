using System.Text.Json;
using System.Text.Json.Serialization;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Tasks;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Tasks;

public sealed class TrainedModelTests
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    [Fact]
    public void Rows_are_answered_without_their_targets()
    {
        Predictions answers = Survey.Model().Predict(Survey.Questions());

        Assert.Equal(12, answers.Count);
        Assert.Equal(["sort", "ok", "flags", "price"], answers.Tasks.Select(t => t.Task.Name));
        Assert.Equal([36, 12, 24, 12], answers.Tasks.Select(t => t.Values.Length));
        Assert.All(Enumerable.Range(0, 12), r => Assert.Equal(1, answers["sort"].Row(r).ToArray().Sum(), 1e-6f));
        Assert.All(answers["ok"].Values, p => Assert.InRange(p, 0, 1));
        Assert.All(answers["price"].Values, v => Assert.InRange(v, 500, 1700));       // in its own unit: 1000 to 1110
        Assert.Empty(answers.Notices);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void The_size_of_batches_does_not_matter(int batchSize)
    {
        TrainedModel model = Survey.Model();
        Predictions all = model.Predict(Survey.Questions()), some = model.Predict(Survey.Questions(), batchSize: batchSize);

        for (int t = 0; t < 4; t++)
        {
            Assert.Equal(all.Tasks[t].Values, some.Tasks[t].Values, (a, b) => MathF.Abs(a - b) <= 1e-6f * MathF.Abs(a));
        }
    }

    [Fact]
    public void What_is_said_is_made_to_be_written_as_json()
    {
        var yes = new TaskSpec { Name = "ok", Kind = TaskKind.Binary, Outputs = 1 };
        var sort = new TaskSpec { Name = "sort", Kind = TaskKind.MultiClass, Outputs = 3 };
        var flags = new TaskSpec { Name = "flags", Kind = TaskKind.MultiLabel, Outputs = 2 };
        var price = new TaskSpec { Name = "price", Kind = TaskKind.Regression, Outputs = 1 };
        var answers = new Predictions(2,
        [
            new TaskPredictions(yes, ["no", "yes"], [0.25f, 0.75f]),
            new TaskPredictions(sort, ["a", "b", "c"], [0.25f, 0.5f, 0.25f, 0, 0.5f, 0.5f]),
            new TaskPredictions(flags, ["x", "y"], [0.5f, 0.75f, 0, 0]),
            new TaskPredictions(price, ["price"], [1.5f, float.NaN]),
        ], []);

        Assert.Equal(
            """[{"task":"ok","class":"no","probabilities":{"no":0.75,"yes":0.25}},{"task":"sort","class":"b","probabilities":{"a":0.25,"b":0.5,"c":0.25}},"""
            + """{"task":"flags","labels":["y"],"probabilities":{"x":0.5,"y":0.75}},{"task":"price","quantities":{"price":1.5}}]""",
            JsonSerializer.Serialize(answers.Row(0), Json));
        Assert.Equal(["yes", "b", null, null], answers.Row(1).Select(p => p.Class));
        Assert.Empty(answers["flags"][1].Labels!);
        Assert.Null(answers["price"][1].Quantities!["price"]);
        Assert.Throws<KeyNotFoundException>(() => answers["prize"]);
    }

    [Fact]
    public void Missing_columns_are_named_all_at_once()
    {
        Dataset rows = Survey.Rows();
        var few = new Dataset("few.csv", [rows["age"], rows["price"]]);

        var e = Assert.Throws<GraftInputException>(() => Survey.Model().Predict(few));

        Assert.Equal(
            ["few.csv: expected a column named 'job', got age, price.", "few.csv: expected a column named 'note', got age, price."], e.Findings.Select(f => f.ToString()));
    }

    [Fact]
    public void Chosen_tasks_are_answered_and_others_refused()
    {
        TrainedModel model = Survey.Model();

        Predictions answers = model.Predict(Survey.Questions(), ["price", "sort"]);
        var e = Assert.Throws<GraftInputException>(() => model.Predict(Survey.Questions(), ["prize"]));

        Assert.Equal(["price", "sort"], answers.Tasks.Select(t => t.Task.Name));
        Assert.Equal(model.Predict(Survey.Questions())["price"].Values, answers["price"].Values);
        Assert.Equal("tasks: expected tasks of the model (sort, ok, flags, price), got 'prize'.", e.Message);
    }

    [Fact]
    public void Tasks_of_other_inputs_need_their_own_columns_only()
    {
        var a = new Dataset("a", [new NumberColumn("u", [1, 2, 3]), new NumberColumn("yes", [0, 1, 0])]);
        var b = new Dataset("b", [new NumberColumn("v", [10, 20, 40]), new NumberColumn("size", [5, 6, 7])]);
        InputEncoder[] inputs = [InputEncoder.Fit(a, new InputOptions(["u"])), InputEncoder.Fit(b, new InputOptions(["v"]))];
        TargetEncoder[] targets = [TargetEncoder.Fit(a, ["yes"]), TargetEncoder.Fit(b, ["size"])];
        var model = new TaskModel(new Mlp(3), inputs[0].Shape, [TaskSpec.From("yes", targets[0]), TaskSpec.From("size", targets[1])]);
        model.Initialize(1);
        var trained = new TrainedModel(model, inputs, targets);

        Predictions yes = trained.Predict(a, ["yes"]), size = trained.Predict(b, ["size"]);
        Predictions both = trained.Predict(new Dataset("c", [a["u"], b["v"]]));

        Assert.Equal(yes["yes"].Values, both["yes"].Values);
        Assert.Equal(size["size"].Values, both["size"].Values);
        Assert.Throws<GraftInputException>(() => trained.Predict(a));
    }

    [Fact]
    public void Levels_that_training_lacked_are_answered_and_said()
    {
        Dataset rows = Survey.Questions(2);
        var strange = new Dataset("strange", [rows["age"], CategoryColumn.From("job", ["pilot", "cook"]), rows["note"]]);

        Predictions answers = Survey.Model().Predict(strange);

        Assert.Single(answers.Notices);
        Assert.Contains("pilot", answers.Notices[0], StringComparison.Ordinal);
    }

    [Fact]
    public void No_rows_give_no_answers() => Assert.Equal([0, 0], [Survey.Model().Predict(Survey.Questions(0)).Count, Survey.Model().Predict(Survey.Questions(0))["sort"].Values.Length]);

    [Fact]
    public void A_model_in_training_is_in_training_afterwards()
    {
        TrainedModel model = Survey.Model(new Mlp([6], dropout: 0.5f));
        Dictionary<string, float[]> before = Toy.Values(model.Model);

        Predictions first = model.Predict(Survey.Questions()), second = model.Predict(Survey.Questions());

        Assert.True(model.Model.IsTraining);
        Assert.Equal(first["sort"].Values, second["sort"].Values);
        Assert.All(Toy.Values(model.Model), v => Assert.Equal(before[v.Key], v.Value));
    }

    [Fact]
    public void Saved_and_opened_it_gives_the_same_bits()
    {
        using var folder = new TempFolder();
        TrainedModel model = Survey.Model();
        string path = Path.Combine(folder.Path, "m.graft"), again = Path.Combine(folder.Path, "again.graft");
        model.Save(path);

        TrainedModel opened = TrainedModel.Open(path);
        opened.Save(again);

        Predictions expected = model.Predict(Survey.Questions()), actual = opened.Predict(Survey.Questions());
        Assert.Equal(expected.Tasks.Select(t => t.Values), actual.Tasks.Select(t => t.Values));
        Assert.Equal(expected.Row(3).Select(p => p.Class), actual.Row(3).Select(p => p.Class));
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(again));
        Assert.False(opened.Model.IsTraining);
        Assert.Equal("TrainedModel(Mlp(6, 5); sort, ok, flags, price)", opened.ToString());
    }

    [Fact]
    public void Encoders_that_do_not_fit_the_model_are_refused()
    {
        TrainedModel model = Survey.Model();
        InputEncoder narrow = InputEncoder.Fit(Survey.Rows(), new InputOptions(["age"]));

        var e = Assert.Throws<ArgumentException>(() => new TrainedModel(model.Model, [narrow, narrow, narrow, narrow], model.Targets));
        Assert.Throws<ArgumentException>(() => new TrainedModel(model.Model, model.Inputs, [.. model.Targets.Reverse()]));
        Assert.Throws<ArgumentException>(() => new TrainedModel(model.Model, model.Inputs, []));

        Assert.StartsWith("TrainedModel: expected table [9] and a target for sort (MultiClass, 3), got table [2] and MultiClass, 3.", e.Message, StringComparison.Ordinal);
    }
}
