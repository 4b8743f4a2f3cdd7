using System.Text;
using System.Text.Json.Nodes;
using Graft.Cli;
using Graft.Hub;

namespace Graft.Experiments.Tests.Cli;

public sealed class PullCommandTests : IDisposable
{
    private readonly TemporaryFolder _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public void A_file_that_is_here_is_checked_and_its_path_said()
    {
        string place = Put("hello");

        (int code, string output, string error) = Run("pull", "thing");

        Assert.Equal((0, place + "\n", "thing.bin: is here; checking\nthing is here; in an experiment: weights: thing\n"), (code, output, error));
    }

    [Fact]
    public void Json_tells_name_path_and_license()
    {
        Put("hello");

        (int code, string output, _) = Run("pull", "thing", "--json", "--quiet");

        JsonNode pulled = JsonNode.Parse(output)!["pulled"]![0]!;
        Assert.Equal(0, code);
        Assert.Equal("thing", (string?)pulled["name"]);
        Assert.Equal("MIT", (string?)pulled["license"]);
    }

    [Fact]
    public void Where_loads_nothing()
    {
        (int code, string output, string error) = Run("pull", "thing", "--where");

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith("thing: expected ", error);
    }

    [Fact]
    public void Offline_is_an_error_that_says_the_file_and_where_to_put_it()
    {
        (int code, _, string error) = Run("pull", "thing");

        Assert.Equal(2, code);
        Assert.Contains("thing.bin is not here and cannot be loaded from http://127.0.0.1:9/thing.bin (", error);
        Assert.Contains($"put it at {Path.Combine(_home.Path, "hub", "thing", "thing.bin")}", error);
    }

    [Fact]
    public void A_misspelled_name_gets_a_hint()
    {
        (int code, _, string error) = Run("pull", "thng");

        Assert.Equal((2, "the hub knows no 'thng'. Did you mean 'thing'? `graft list hub` shows all 1.\n"), (code, error));
    }

    [Fact]
    public void The_list_says_what_there_is_and_what_is_here()
    {
        Put("hello");

        (int code, string output, string error) = Run("list", "hub");

        Assert.Equal((0, "thing    here  A thing. MIT.\n"), (code, output));
        Assert.Contains("`graft pull NAME`", error);
        Assert.True((bool)JsonNode.Parse(Run("list", "hub", "--json").Output)!["hub"]![0]!["here"]!);
    }

    private string Put(string text)
    {
        string folder = Path.Combine(_home.Path, "hub", "thing");
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, "thing.bin");
        File.WriteAllText(path, text);
        return path;
    }

    private (int Code, string Output, string Error) Run(params string[] args)
    {
        const string Json = """{ "thing": { "kind": "weights", "what": "A thing", "license": "MIT", "files": [ { "url": "http://127.0.0.1:9/thing.bin", "sha256": "2cf24dba5fb0a30e" } ] } }""";
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var interruption = new Interruption();
        var hub = new GraftHub(_home.Path, HubCatalogue.Read(new MemoryStream(Encoding.UTF8.GetBytes(Json))));
        int code = CommandLine.Run(args, new Terminal(output, error), interruption, hub: hub);
        return (code, output.ToString(), error.ToString());
    }
}
