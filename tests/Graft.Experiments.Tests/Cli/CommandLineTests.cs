using System.Text.Json.Nodes;

namespace Graft.Experiments.Tests.Cli;

public sealed class CommandLineTests
{
    private const string Valid = """
        data: { d: { source: csv, path: d.csv } }
        tasks: { t: { type: binary, target: x } }
        model: { name: linear }

        """;

    [Fact]
    public void A_valid_file_is_said_to_be_valid()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("e.yaml", Valid);

        (int code, string output, string error) = Tool.Run("validate", file, "epochs=2");

        Assert.Equal((0, $"{file}: valid.\n", ""), (code, output, error));
    }

    [Fact]
    public void All_errors_of_a_file_are_said_one_a_line_with_exit_code_2()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("e.yaml", Valid + "epoch: 1\nbatch: 0\n");

        (int code, string output, string error) = Tool.Run("validate", file, "optimizer=adm");

        Assert.Equal((2, ""), (code, output));
        Assert.Equal(
            [
                $"{file}(4,1): no key is named 'epoch' here. Did you mean 'epochs'?",
                $"{file}(5,8): batch: expected an integer >= 1, got 0.",
            ],
            error.TrimEnd().Split('\n').Where(l => l.StartsWith(file, StringComparison.Ordinal)));
        Assert.Contains("command line: optimizer: no optimizer is named 'adm'. Did you mean 'adam'?", error, StringComparison.Ordinal);
    }

    [Fact]
    public void With_json_the_last_line_is_one_object_for_errors_too()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("e.yaml", Valid + "batch: 0\n");

        (int code, string output, _) = Tool.Run("validate", file, "--json");

        JsonNode answer = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        Assert.Equal((2, "invalid"), (code, (string?)answer["status"]));
        Assert.Equal((4, 8), ((int)answer["errors"]![0]!["line"]!, (int)answer["errors"]![0]!["column"]!));
    }

    [Fact]
    public void The_resolved_experiment_is_written_and_valid()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("e.yaml", Valid);

        (_, string resolved, _) = Tool.Run("validate", file, "--resolved", "seeds=2", "optimizer=adam");

        Assert.Contains("epsilon: 1e-08", resolved, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("validate", folder.Write("r.yaml", resolved)).Code);
    }

    [Theory]
    [InlineData(new[] { "validte", "x" }, "no command is named 'validte'. Did you mean 'validate'? `graft --help` shows all.\n")]
    [InlineData(new[] { "new", "cvs" }, "no command is named 'cvs'. Did you mean 'csv'? `graft new --help` shows all.\n")]
    [InlineData(new[] { "new" }, "expected a command: csv, ")]
    [InlineData(new[] { "validate" }, "Required argument 'file' missing for command: 'validate'.\n`graft validate --help` shows how it is used.\n")]
    [InlineData(new[] { "validate", "no-such.yaml" }, "no-such.yaml: no such file.\n")]
    [InlineData(new[] { "list", "optimisers" }, "no family is named 'optimisers'. Did you mean 'optimizers'? There are ")]
    [InlineData(new[] { "explain", "adm" }, "nothing is named 'adm'. Did you mean 'adam'? `graft list` shows the families of parts.\n")]
    [InlineData(new[] { "run", "e.yaml", "--threads", "abc" }, "--threads: expected a whole number from 1 to 64, got 'abc'.\n")]
    [InlineData(new[] { "run", "e.yaml", "--threads", "0" }, "--threads: expected a whole number from 1 to 64, got '0'.\n")]
    [InlineData(new[] { "predict", "m.graft", "rows.csv", "--top", "0" }, "--top: expected a whole number from 1 to 1000000, got '0'.\n")]
    [InlineData(new[] { "predict", "m.graft", "rows.csv", "--top", "2", "--csv" }, "--top: expected it without --csv, ")]
    [InlineData(new[] { "list", "--jsn" }, "no option is named '--jsn'. Did you mean '--json'?\n")]
    public void Wrong_usage_is_said_on_standard_error_with_exit_code_2(string[] args, string expected)
    {
        (int code, string output, string error) = Tool.Run(args);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_arguments_the_help_goes_to_standard_error()
    {
        (int code, string output, string error) = Tool.Run();

        Assert.Equal((2, ""), (code, output));
        Assert.Contains("validate", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_debugging_shows_where_an_error_came_from()
    {
        Assert.DoesNotContain("   at ", Tool.Run("validate", "no-such.yaml").Error, StringComparison.Ordinal);
        Assert.Contains("   at ", Tool.Run(isDebug: true, "validate", "no-such.yaml").Error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_argument_with_an_at_sign_is_no_list_of_arguments()
    {
        using var folder = new TemporaryFolder();

        (_, _, string error) = Tool.Run("validate", "@" + folder.Write("args", "--resolved"));

        Assert.Contains("no such file.", error, StringComparison.Ordinal);
    }

    [Fact]
    public void Families_and_their_parts_are_listed()
    {
        (int code, string output, _) = Tool.Run("list");
        (_, string optimizers, _) = Tool.Run("list", "optimizers");

        Assert.Equal(0, code);
        Assert.Contains("optimizers", output, StringComparison.Ordinal);
        Assert.Contains("adam   ", optimizers, StringComparison.Ordinal);
        Assert.All(optimizers.Split('\n'), l => Assert.False(l.EndsWith(' '), l));
    }

    [Fact]
    public void Every_part_and_its_keys_are_listed_as_json()
    {
        JsonNode answer = JsonNode.Parse(Tool.Run("list", "--json").Output)!;

        JsonNode adam = answer["families"]!.AsArray().Single(f => (string?)f!["family"] == "optimizers")!["parts"]!.AsArray().Single(p => (string?)p!["name"] == "adam")!;
        Assert.Equal("0.001", (string?)adam["keys"]![0]!["default"]);
        Assert.Equal("https://arxiv.org/abs/1412.6980", (string?)adam["paper"]!["link"]);
    }

    [Fact]
    public void A_part_is_explained_from_its_comments()
    {
        string output = Tool.Run("explain", "adam").Output;

        Assert.StartsWith("adam (optimizer)\n  Adaptive moments: ", output, StringComparison.Ordinal);
        Assert.Contains("rate          a number, default 0.001", output, StringComparison.Ordinal);
        Assert.Contains("Kingma & Ba", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_key_of_the_file_is_explained_once_with_all_its_places()
    {
        string output = Tool.Run("explain", "early-stopping").Output;

        Assert.Equal(2, output.Split("patience").Length);
        Assert.Contains("Also at stages.early-stopping", output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_schema_is_one_json_object()
    {
        JsonNode schema = JsonNode.Parse(Tool.Run("schema").Output)!;

        Assert.Equal("https://json-schema.org/draft/2020-12/schema", (string?)schema["$schema"]);
    }

    [Fact]
    public void The_process_ends_with_the_exit_code_and_without_color()
    {
        (int done, string version, _) = Tool.Start("--version");
        (int invalid, string output, string error) = Tool.Start("validate", "no-such.yaml", "--json");
        (_, string list, _) = Tool.Start("list");

        Assert.Equal((0, "0.1.0"), (done, version.Trim()));
        Assert.Equal((2, "no-such.yaml: no such file."), (invalid, error.Trim()));
        Assert.Equal("invalid", (string?)JsonNode.Parse(output)!["status"]);
        Assert.DoesNotContain('\u001b', list);
    }
}
