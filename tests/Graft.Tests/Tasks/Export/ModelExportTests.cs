using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Models.Graphs;
using Graft.Tasks;
using Graft.Tasks.Export;
using Graft.Tensors;
using Graft.Tests.Data.Sources;
using Graft.Tests.Models.Graphs;

namespace Graft.Tests.Tasks.Export;

/// <summary>What comes out of exported models is held against <see cref="TrainedModel.Predict"/>, by other programs where they are to be had.</summary>
public sealed class ModelExportTests
{
    [Fact]
    public void Each_task_has_an_output_in_its_own_terms()
    {
        TrainedModel model = Survey.Model();
        Predictions expected = model.Predict(Survey.Questions());

        var export = ModelExport.Of(model);

        Assert.Equal(["sort", "ok", "flags", "price"], export.Graph.Outputs.Select(o => o.Name));
        Hand("export.survey", export, [Encoded(model, Survey.Questions())], expected);
        JsonArray tasks = JsonNode.Parse(export.Graph.Metadata["tasks"])!.AsArray();
        Assert.Equal("""["a","b","c"]""", tasks[0]!["classes"]!.ToJsonString());
        Assert.Equal(["multi-class probabilities", "binary probabilities", "multi-label probabilities", "regression quantities"], tasks.Select(t => $"{t!["kind"]} {t["values"]}"));
        Assert.DoesNotContain("labels", export.Graph.Metadata.Keys);
    }

    [Fact]
    public void Logits_are_what_the_heads_say_and_tasks_can_be_chosen()
    {
        TrainedModel model = Survey.Model();
        model.Model.Train(false);
        Tensor rows = Encoded(model, Survey.Questions());
        TaskFeatures features = model.Model.Features(rows, null);

        var export = ModelExport.Of(model, new ExportOptions(Logits: true, Tasks: ["ok", "sort"]));

        Assert.Equal(["ok", "sort"], export.Graph.Outputs.Select(o => o.Name));
        OnnxProof.Check("export.logits", export.Graph, [rows], [model.Model.Output(1, features), model.Model.Output(0, features)]);
        Assert.Equal("""["a","b","c"]""", ModelExport.Of(model, new ExportOptions(Tasks: ["sort"])).Graph.Metadata["labels"]);
    }

    // Pixels of 20 and 200, cut out of a frame of other ones; the model takes blue first.
    [Theory]
    [InlineData(PixelOrder.Rgb)]
    [InlineData(PixelOrder.Bgr)]
    public void Pictures_are_scaled_and_cropped_inside(PixelOrder order)
    {
        var encoder = new PictureEncoder("picture", 6, 5, 3, [0.4, 0.5, 0.6], [0.2, 0.3, 0.25], order);
        TrainedModel model = Pictures(encoder);
        Picture[] pictures = [.. Enumerable.Range(0, 3).Select(i => new Picture(5, 6, 3, [.. Enumerable.Range(0, 90).Select(p => (byte)((p * 37 * (i + 1)) % 256))]))];
        Predictions expected = model.Predict(new Dataset("p", [new PictureColumn("picture", 3, i => pictures[i])]));
        var outside = new float[3 * 3 * 9 * 9];
        outside.AsSpan().Fill(255);
        for (int i = 0; i < 3 * 90; i++)
        {
            (int row, int y, int x, int c) = (i / 90, i % 90 / 15, i % 15 / 3, i % 3);
            outside[(((((row * 3) + c) * 9) + y + 1) * 9) + x + 2] = pictures[row].Pixels[i % 90];
        }

        var export = ModelExport.Of(model, new ExportOptions(Normalize: true, Crop: 9));

        Assert.Equal([-1, 3, 9, 9], export.Graph.Inputs[0].Sizes!);
        Hand($"export.pictures.{order}", export, [Tensor.From(outside, [3, 3, 9, 9])], expected);
        Assert.Contains("0..255", export.Graph.Metadata["inputs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_of_a_table_are_encoded_inside()
    {
        float[] ages = [20, float.NaN, 40, 31, 25, 60];
        Dataset rows = new("people",
        [
            new NumberColumn("height", [180, 165, 171, 190, 150, 177]), new NumberColumn("weight", [80, 65, 71, 90, 50, 77]), new NumberColumn("age", ages),
            CategoryColumn.From("job", ["cook", "smith", null, "cook", "baker", "smith"]), new NumberColumn("income", [1, 2, 3, 4, 5, 6]),
        ]);
        InputEncoder inputs = InputEncoder.Fit(rows, new InputOptions(["height", "weight", "age", "job"]));
        TargetEncoder target = TargetEncoder.Fit(rows, ["income"]);
        TrainedModel model = Of(new Mlp(4), inputs, target, "income");
        var category = (CategoryEncoder)inputs.Columns[3];
        string?[] jobs = ["cook", "smith", null, "cook", "baker", "painter"];
        var questions = new Dataset("q", [rows["height"], rows["weight"], rows["age"], CategoryColumn.From("job", jobs)]);
        float[] raw = [.. Enumerable.Range(0, 6).SelectMany(r => new[]
        {
            ((NumberColumn)rows["height"]).Values[r], ((NumberColumn)rows["weight"]).Values[r], ages[r],
            jobs[r] is null ? float.NaN : category.Levels.ToList().IndexOf(jobs[r]!),
        })];

        var export = ModelExport.Of(model, new ExportOptions(Normalize: true));

        Assert.True(inputs.Shape.Length > 6);
        Hand("export.columns", export, [Tensor.From(raw, [6, 4])], model.Predict(questions));
        Assert.Contains("\"levels\":[\"baker\",\"cook\",\"smith\"]", export.Graph.Metadata["inputs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Sequences_are_scaled_inside_up_to_their_lengths()
    {
        float[][] steps = [[1, 10, 2, 20, 3, 30], [4, 40], [5, 50, 6, 60]];
        var column = new SequenceColumn("signal", steps, 2);
        Dataset rows = new("signals", [column, CategoryColumn.From("kind", ["a", "b", "a"])]);
        InputEncoder inputs = InputEncoder.Fit(rows, new InputOptions(["signal"]));
        TrainedModel model = Of(new GruModel([3], pooling: SequencePooling.Mean), inputs, TargetEncoder.Fit(rows, ["kind"]), "kind");
        var raw = new float[3 * 3 * 2];
        raw.AsSpan().Fill(99);
        for (int r = 0; r < 3; r++)
        {
            steps[r].CopyTo(raw, r * 6);
        }

        var export = ModelExport.Of(model, new ExportOptions(Normalize: true));

        Assert.Equal(["input", "lengths"], export.Graph.Inputs.Select(i => i.Name));
        Hand("export.sequences", export, [Tensor.From(raw, [3, 3, 2]), Tensor.From([3, 1, 2], [3])], model.Predict(new Dataset("q", [column])));
    }

    [Fact]
    public void Texts_cannot_be_encoded_inside_which_is_said()
    {
        var e = Assert.Throws<GraftInputException>(() => ModelExport.Of(Survey.Model(), new ExportOptions(Normalize: true)));

        Assert.StartsWith("normalize: expected columns of numbers and categories, got 'note', whose features a graph cannot make.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_does_not_fit_the_model_is_refused()
    {
        var task = Assert.Throws<GraftInputException>(() => ModelExport.Of(Survey.Model(), new ExportOptions(Tasks: ["prize"])));
        var crop = Assert.Throws<GraftInputException>(() => ModelExport.Of(Survey.Model(), new ExportOptions(Crop: 8)));
        var small = Assert.Throws<GraftInputException>(() => ModelExport.Of(Pictures(new PictureEncoder("picture", 6, 5, 3, [0, 0, 0], [1, 1, 1])), new ExportOptions(Crop: 5)));

        Assert.Equal("tasks: expected tasks of the model (sort, ok, flags, price), got 'prize'.", task.Message);
        Assert.StartsWith("crop: expected a model for pictures, got one for table [", crop.Message, StringComparison.Ordinal);
        Assert.Equal("crop: expected pictures of at least 6 x 5, of which the middle is taken, got 5 x 5.", small.Message);
    }

    [Fact]
    public void The_model_is_left_as_it_was()
    {
        TrainedModel model = Survey.Model();
        model.Model.Train();
        float[] before = [.. model.Model.StateDictionary().Values.SelectMany(v => v.ToArray())];

        ModelExport.Of(model);

        Assert.True(model.Model.IsTraining);
        Assert.Equal(before, model.Model.StateDictionary().Values.SelectMany(v => v.ToArray()));
    }

    [Fact]
    public void File_and_card_lie_side_by_side()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "survey.onnx");

        Survey.Model().ExportOnnx(path, new ExportOptions { Metrics = [new ExportedMetric("sort", "test", "accuracy", 0.9125)], Sources = ["Made up."] });

        Assert.Equal("survey", OnnxFile.Read(path).Name);
        string card = File.ReadAllText(Path.Combine(folder.Path, "survey.md"));
        Assert.StartsWith("# survey\n\n`survey.onnx`: 4 tasks by Mlp(6, 5), ", card, StringComparison.Ordinal);
        Assert.Contains("| `sort` | probabilities of each class | [batch, 3] | a, b, c |\n| `ok` | probabilities of yes | [batch, 1] | no, yes |", card, StringComparison.Ordinal);
        Assert.Contains("| sort | test | accuracy | 0.9125 |", card, StringComparison.Ordinal);
        Assert.Contains("ort.InferenceSession(\"survey.onnx\")", card, StringComparison.Ordinal);
        Assert.EndsWith("Made up.\n", card, StringComparison.Ordinal);
        Assert.DoesNotContain("\r", card, StringComparison.Ordinal);
    }

    // What is traced for fewer than 4 steps is made for so many alone.
    [Theory]
    [InlineData(6, "at most 6 a text", "[batch, steps]")]
    [InlineData(3, "3 a text", "[batch, 3]")]
    public void Texts_are_as_long_as_the_shape_says(int tokens, string count, string shape)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "film.onnx");
        Dataset rows = new("films", [new TextColumn("review", ["a fine film it is yes", "a dull one"]), CategoryColumn.From("kind", ["a", "b"])]);
        InputEncoder inputs = InputEncoder.Fit(rows, new InputOptions(["review"], Text: TextWeighting.Tokens, MaxTokens: tokens));

        Of(new TextGruModel(width: 3, hidden: [4]), inputs, TargetEncoder.Fit(rows, ["kind"]), "kind").ExportOnnx(path, new ExportOptions());

        Assert.Contains($"| {shape} | numbers of tokens from 0 to ", File.ReadAllText(Path.Combine(folder.Path, "film.md")), StringComparison.Ordinal);
        Assert.Contains($", {count}, filled up", File.ReadAllText(Path.Combine(folder.Path, "film.md")), StringComparison.Ordinal);
        Assert.Contains($", {count}, filled up", OnnxFile.Read(path).Metadata["inputs"], StringComparison.Ordinal);
    }

    [Fact]
    public void Names_with_commas_are_told_apart_on_the_card()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "fish.onnx");
        var inputs = new InputEncoder([new NumberEncoder("a", new NumberScaler(NumberScaling.None, 0, 1, 0), Indicator: false)]);

        Of(new Mlp([3]), inputs, new TargetEncoder(TaskKind.MultiClass, ["kind"], ["tench, Tinca tinca", "goldfish"]), "kind").ExportOnnx(path, new ExportOptions());

        Assert.Contains("| \"tench, Tinca tinca\", goldfish |", File.ReadAllText(Path.Combine(folder.Path, "fish.md")), StringComparison.Ordinal);
    }

    private static void Hand(string name, ModelExport export, Tensor[] inputs, Predictions expected) =>
        OnnxProof.Check(name, export.Graph, inputs, [.. expected.Tasks.Select(t => Tensor.From(t.Values, [expected.Count, t.Values.Length / expected.Count]))]);

    private static Tensor Encoded(TrainedModel model, Dataset rows)
    {
        InputShape shape = model.Inputs[0].Shape;
        var values = new float[rows.Count * shape.Length];
        for (int r = 0; r < rows.Count; r++)
        {
            model.Inputs[0].Encode(rows, r, values.AsSpan(r * shape.Length, shape.Length));
        }

        return Tensor.From(values, [rows.Count, .. shape.TensorSizes]);
    }

    private static TrainedModel Pictures(PictureEncoder encoder)
    {
        var target = new TargetEncoder(TaskKind.MultiClass, ["kind"], ["a", "b", "c"]);
        return Of(new Cnn([3, 4], dense: 5), new InputEncoder([encoder]), target, "kind");
    }

    private static TrainedModel Of(Backbone trunk, InputEncoder inputs, TargetEncoder target, string name)
    {
        var model = new TaskModel(trunk, inputs.Shape, [TaskSpec.From(name, target)]);
        model.Initialize(5);
        return new TrainedModel(model, [inputs], [target]);
    }
}
