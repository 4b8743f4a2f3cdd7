using Graft.Data.Encoders;
using Graft.Models;
using Graft.Models.Formats;

namespace Graft.Experiments.Tests.Cli;

public sealed class ImportCommandTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("graft-import-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void A_network_from_elsewhere_answers_by_its_description_and_the_same_as_a_model_file()
    {
        string description = Describe("{ labels: [small, middle, large], name: size }");
        string rows = Write("rows.csv", "a,b\n0.5,-1\n2,0.25\n");

        (int code, string direct, string error) = Tool.Run("predict", description, rows, "--top", "1");
        (int made, string said, _) = Tool.Run("import", description, At("size.graft"));
        (_, string again, _) = Tool.Run("predict", At("size.graft"), rows, "--top", "1");

        Assert.True(code == 0, error);
        Assert.Equal(2, direct.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains("\"size\":{\"class\":\"", direct.Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(0, made);
        Assert.Contains("3 outputs", said);
        Assert.Equal(direct, again);
    }

    [Fact]
    public void It_is_measured_on_the_rows_that_its_description_names()
    {
        string rows = Write("known.csv", "a,b,label\n0.5,-1,small\n2,0.25,large\n");
        string description = Describe("{ labels: names.txt }", $"data: {{ source: csv, path: {rows}, header: true }}");
        Write("names.txt", "0,small\n1,middle\n2,large\n");

        (int code, string output, string error) = Tool.Run("evaluate", description, "--json");

        Assert.True(code == 0, error);
        Assert.Contains("\"accuracy\"", output);
    }

    [Fact]
    public void Names_that_do_not_fit_the_outputs_are_refused_with_a_way_out()
    {
        (int code, _, string error) = Tool.Run("predict", Describe("{ labels: [a, b, c, d] }"), Write("rows.csv", "a,b\n1,2\n"));

        Assert.NotEqual(0, code);
        Assert.Contains("task.labels: expected 3 names, one for each output of Mlp(4, 3), got 4. Where the first ones are meant, say limit: 3.", error);
    }

    [Fact]
    public void A_layer_that_the_file_lacks_is_refused()
    {
        string description = Describe("{ labels: [a, b, c] }");

        (int code, _, string error) = Tool.Run("predict", description, Write("rows.csv", "a,b\n1,2\n"), "--set", "model.hidden=[4, 4, 3]");

        Assert.NotEqual(0, code);
        Assert.Contains("weights: expected every tensor of Mlp(4, 4, 3), got", error);
    }

    [Fact]
    public void An_experiment_of_the_same_name_is_no_description()
    {
        Write("net.yaml", "name: net\ndata: { d: { source: csv, path: d.csv } }\ntasks: { a: { type: binary, target: x } }\nmodel: linear\n");

        (int code, _, string error) = Tool.Run("predict", Write("net.onnx", "net"), Write("rows.csv", "a,b\n1,2\n"));

        Assert.NotEqual(0, code);
        Assert.Contains("Write net.yaml beside it, such as", error);
        Assert.Contains("model: { name: resnet, depth: 20, weights: net.pth }", Tool.Run("predict", Write("net.pth", "net"), Write("rows.csv", "a,b\n1,2\n")).Error);
    }

    [Fact]
    public void A_file_without_a_description_is_told_what_one_looks_like()
    {
        (int code, _, string error) = Tool.Run("predict", Write("net.onnx", "net"), Write("rows.csv", "a,b\n1,2\n"));

        Assert.NotEqual(0, code);
        Assert.Contains("Write net.yaml beside it, such as model: { name: graph, file: net.onnx }, inputs: { height: 224,", error);
    }

    private string Describe(string task, string more = "")
    {
        var network = new Mlp([4, 3], activation: ActivationKind.Tanh);
        network.Build(new InputShape(InputKind.Table, [2]));
        network.Initialize(3);
        Safetensors.Write(At("net.safetensors"), network.StateDictionary());
        return Write("net.yaml", $"model: {{ name: mlp, hidden: [4, 3], activation: tanh, weights: net.safetensors }}\ninputs: {{ columns: [a, b] }}\ntask: {task}\n{more}\n");
    }

    private string At(string file) => Path.Combine(_home, file);

    private string Write(string file, string text)
    {
        File.WriteAllText(At(file), text);
        return At(file);
    }
}
