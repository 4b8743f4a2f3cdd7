using System.Text.Json.Nodes;
using Graft.Data;
using Graft.Data.Encoders;
using Graft.Experiments.Runs;
using Graft.Models;
using Graft.Models.Formats;
using Graft.Tasks;

namespace Graft.Experiments.Tests.Cli;

public sealed class ExportCommandTests
{
    [Fact]
    public void A_model_becomes_a_file_with_a_card()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder.Path), to = Path.Combine(folder.Path, "size.onnx");

        (int code, string output, string error) = Tool.Run("export", model, to);

        Assert.True(code == 0, error);
        Assert.Equal($"{to}: input -> size; 4 operators, 17 parameters. Card: {Path.Combine(folder.Path, "size.md")}\n", output);
        Assert.Equal("size", Assert.Single(OnnxFile.Read(to).Outputs).Name);
        Assert.Contains("Source and license of data and weights are not known here.", File.ReadAllText(Path.Combine(folder.Path, "size.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void It_answers_with_json_too()
    {
        using var folder = new TemporaryFolder();

        (_, string output, _) = Tool.Run("export", Model(folder.Path), Path.Combine(folder.Path, "size.onnx"), "--logits", "--normalize", "--tasks", "size", "--json");

        JsonNode answer = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        Assert.Equal("""["size"]""", answer["outputs"]!.ToJsonString());
        Assert.Equal(17, (int)answer["parameters"]!);
    }

    [Fact]
    public void Nothing_is_replaced_unasked()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder.Path), to = Path.Combine(folder.Path, "size.onnx"), card = folder.Write("size.md", "mine");

        (int code, _, string error) = Tool.Run("export", model, to);

        Assert.Equal(2, code);
        Assert.Contains($"{card} exists. --force replaces it.", error, StringComparison.Ordinal);
        Assert.False(File.Exists(to));
        Assert.Equal(0, Tool.Run("export", model, to, "--force").Code);
        Assert.Equal(2, Tool.Run("export", model, to).Code);
    }

    [Fact]
    public void The_model_is_never_replaced_by_what_comes_out_of_it()
    {
        using var folder = new TemporaryFolder();
        string model = Model(folder.Path);
        byte[] before = File.ReadAllBytes(model);

        (int code, _, string error) = Tool.Run("export", model, model, "--force");

        Assert.Equal(2, code);
        Assert.Contains("expected another file than the model itself", error, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllBytes(model));
    }

    [Theory]
    [InlineData("--tasks: expected each task once, got size, size.", "--tasks", "size", "size")]
    [InlineData("--crop: expected a size such as 256 or 256x320, got '1x2x3'.", "--crop", "1x2x3")]
    [InlineData("crop: expected a model for pictures, got one for table [2].", "--crop", "8")]
    [InlineData("tasks: expected tasks of the model (size), got 'weight'.", "--tasks", "weight")]
    public void What_does_not_fit_is_refused(string message, params string[] options)
    {
        using var folder = new TemporaryFolder();

        (int code, _, string error) = Tool.Run(["export", Model(folder.Path), Path.Combine(folder.Path, "size.onnx"), .. options]);

        Assert.NotEqual(0, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_card_may_not_be_overwritten_by_its_model()
    {
        using var folder = new TemporaryFolder();

        (int code, _, string error) = Tool.Run("export", Model(folder.Path), Path.Combine(folder.Path, "size.md"));

        Assert.Equal(2, code);
        Assert.Contains("expected the name of an ONNX file, such as model.onnx, got that of a card.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_card_of_a_model_in_a_run_folder_tells_what_was_measured_and_where_weights_began()
    {
        using var folder = new TemporaryFolder();
        using (RunFolder run = RunFolder.Create(folder.Path, "sizes"))
        {
            Directory.CreateDirectory(run.ModelsDirectory);
            run.Write(new RunRecord { Name = "sizes", Description = "How large things are.", Jobs = [new JobPlan("old-s1", "old", null, 1, ["size"], [], false), new JobPlan("new-full-s1", "new", "full", 1, ["size"], ["old-s1"], true)] });
            run.Write(new JobRecord { Id = "old-s1", Stage = "old", Weights = new WeightsRecord { Source = "resnet18" } });
            run.Write(new JobRecord
            {
                Id = "new-full-s1", Stage = "new", DependsOn = ["old-s1"], Weights = new WeightsRecord { Source = "old" },
                Results = [new TaskRecord { Task = "size", Test = new Dictionary<string, double> { ["accuracy"] = 0.75 } }],
            });
        }

        string models = Path.Combine(folder.Path, "sizes", "models"), to = Path.Combine(folder.Path, "size.onnx");
        File.Move(Model(folder.Path), Path.Combine(models, "new-full-s1.size.graft"));

        (int code, _, string error) = Tool.Run("export", Path.Combine(models, "new-full-s1.size.graft"), to);

        Assert.True(code == 0, error);
        string card = File.ReadAllText(Path.Combine(folder.Path, "size.md"));
        Assert.Contains("| size | test | accuracy | 0.75 |", card, StringComparison.Ordinal);
        Assert.Contains("Trained by the run `sizes`, job `new-full-s1`: How large things are.", card, StringComparison.Ordinal);
        Assert.Contains("Weights began from `resnet18` of the hub: ", card, StringComparison.Ordinal);
        Assert.Contains("License: BSD-3-Clause; trained on ImageNet-1k, whose pictures are for research.", card, StringComparison.Ordinal);
    }

    // 2 columns, 3 hidden units, 2 classes: 2 x 3 + 3 and 3 x 2 + 2 numbers.
    private static string Model(string folder)
    {
        var rows = new Dataset("rows", [new NumberColumn("a", [1, 2, 3]), new NumberColumn("b", [3, 1, 2]), CategoryColumn.From("size", ["small", "large", "large"])]);
        InputEncoder inputs = InputEncoder.Fit(rows, new InputOptions(["a", "b"]));
        TargetEncoder target = TargetEncoder.Fit(rows, ["size"], new TargetOptions { Kind = Graft.Tasks.TaskKind.MultiClass });
        var model = new TaskModel(new Mlp(3), inputs.Shape, [TaskSpec.From("size", target)]);
        model.Initialize(1);
        string path = Path.Combine(folder, "size.graft");
        new TrainedModel(model, [inputs], [target]).Save(path);
        return path;
    }
}
