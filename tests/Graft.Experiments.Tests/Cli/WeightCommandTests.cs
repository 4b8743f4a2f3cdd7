using System.Text.Json.Nodes;
using Graft.Models.Formats;
using Graft.Tensors;

namespace Graft.Experiments.Tests.Cli;

public sealed class WeightCommandTests
{
    [Fact]
    public void Inspect_prints_names_types_and_shapes()
    {
        using var folder = new TemporaryFolder();
        string file = Write(folder);

        (int code, string output, string error) = Tool.Run("inspect", file);

        Assert.Equal((0, "a.weight  F32   [2, 3]\nb         F32   []\nsafetensors: 2 tensors, 7 parameters.\n", ""), (code, output, error));
    }

    [Fact]
    public void Inspect_answers_with_json_too()
    {
        using var folder = new TemporaryFolder();

        (_, string output, _) = Tool.Run("inspect", Write(folder), "--json");

        JsonNode answer = JsonNode.Parse(output.TrimEnd().Split('\n')[^1])!;
        Assert.Equal(("safetensors", 7), ((string?)answer["format"], (int)answer["numbers"]!));
        Assert.Equal("[2,3]", answer["tensors"]![0]!["shape"]!.ToJsonString());
    }

    [Fact]
    public void Convert_writes_safetensors_and_replaces_nothing_unasked()
    {
        using var folder = new TemporaryFolder();
        string file = Write(folder), to = Path.Combine(Path.GetDirectoryName(file)!, "to.safetensors");

        Assert.Equal(0, Tool.Run("convert", file, to).Code);
        (int code, _, string error) = Tool.Run("convert", file, to);

        Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(to));
        Assert.Equal(2, code);
        Assert.Contains("exists. --force replaces it.", error, StringComparison.Ordinal);
        Assert.Equal(0, Tool.Run("convert", file, to, "--force").Code);
    }

    [Fact]
    public void What_else_a_file_says_is_shown_and_kept()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("v.txt", "the 1 2 3\nof 4 5 6\n"), to = Path.Combine(Path.GetDirectoryName(file)!, "v.safetensors");

        (_, string shown, _) = Tool.Run("inspect", file);
        (_, string converted, _) = Tool.Run("convert", file, to);

        Assert.Equal("vectors  F32   [2, 3]\nwords: the of\nword-vectors: 1 tensor, 6 parameters.\n", shown);
        Assert.Equal($"{to}: 1 tensor, 6 parameters.\n", converted);
        Assert.Equal("the\nof", Safetensors.Read(to).Metadata["words"]);
        Assert.Equal([1f, 2, 3, 4, 5, 6], Safetensors.Read(to).Tensors["vectors"].Values);
    }

    [Fact]
    public void A_file_of_another_format_is_refused_with_its_name()
    {
        using var folder = new TemporaryFolder();
        string file = folder.Write("x.bin", "no weights at all, really");

        (int code, _, string error) = Tool.Run("inspect", file);

        Assert.NotEqual(0, code);
        Assert.Contains($"{file}: expected weights in one of the formats ", error, StringComparison.Ordinal);
    }

    private static string Write(TemporaryFolder folder)
    {
        string file = Path.Combine(Path.GetDirectoryName(folder.Write("x", ""))!, "w.safetensors");
        Safetensors.Write(file, new Dictionary<string, Tensor> { ["b"] = Tensor.Scalar(7), ["a.weight"] = Tensor.From([1f, 2, 3, 4, 5, 6], [2, 3]) });
        return file;
    }
}
