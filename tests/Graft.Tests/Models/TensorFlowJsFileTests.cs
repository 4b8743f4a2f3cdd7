using System.Text;
using Graft.Data;
using Graft.Models.Formats;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class TensorFlowJsFileTests
{
    private const string Model = """
        {"format": "layers-model", "generatedBy": "keras v2.2.4", "modelTopology": {"keras_version": "2.2.4", "model_config": {"class_name": "Sequential", "config": {"layers": []}}},
         "weightsManifest": [
          {"paths": ["a.bin", "sub/b.bin"], "weights": [
            {"name": "fc/kernel", "shape": [2, 3], "dtype": "float32"}, {"name": "fc/steps", "shape": [], "dtype": "int32"}]},
          {"paths": ["c.bin"], "weights": [
            {"name": "small", "shape": [4], "dtype": "float32", "quantization": {"dtype": "uint8", "scale": 0.5, "min": -1, "original_dtype": "float32"}},
            {"name": "medium", "shape": [2], "dtype": "float32", "quantization": {"dtype": "uint16", "scale": 0.25, "min": 2}},
            {"name": "half", "shape": [1], "dtype": "float32", "quantization": {"dtype": "float16", "original_dtype": "float32"}},
            {"name": "whole", "shape": [1], "dtype": "int32", "quantization": {"dtype": "uint8", "scale": 1.1, "min": 0}}]}]}
        """;

    // The kernel's third number lies half in one file and half in the other.
    private static readonly Dictionary<string, byte[]> Shards = new()
    {
        ["a.bin"] = [.. Floats(1, 2, 3, 4, 5, 6)[..10]],
        ["sub/b.bin"] = [.. Floats(1, 2, 3, 4, 5, 6)[10..], .. BitConverter.GetBytes(-7)],
        ["c.bin"] = [0, 1, 2, 255, 0, 0, 4, 1, 0, 0x3C, 9],
    };

    [Fact]
    public void Weights_are_read_across_their_files()
    {
        using TempFolder folder = Write(Model);

        WeightFile file = WeightFile.Read(Path.Combine(folder.Path, "model.json"));

        Assert.Equal("tensorflow-js", file.Format);
        Assert.Equal(["fc/kernel", "fc/steps", "small", "medium", "half", "whole"], file.Tensors.Keys);
        Assert.Equal([1f, 2, 3, 4, 5, 6], file.Tensors["fc/kernel"].Values);
        Assert.Equal([-7f], file.Tensors["fc/steps"].Values);
        Assert.Equal("[2, 3]", file.Tensors["fc/kernel"].ShapeText);
    }

    // 0.5 q - 1; 0.25 q + 2 with q = 0 and 260; 1.1 * 9 = 9.9, a whole number: 10.
    [Fact]
    public void Shrunk_weights_get_their_scale_back()
    {
        using TempFolder folder = Write(Model);
        using TensorFlowJsFile file = TensorFlowJsFile.Open(Path.Combine(folder.Path, "model.json"));

        Assert.Equal([-1f, -0.5f, 0, 126.5f], file.Tensors["small"].Values);
        Assert.Equal([2f, 67], file.Tensors["medium"].Values);
        Assert.Equal([1f], file.Tensors["half"].Values);
        Assert.Equal([10f], file.Tensors["whole"].Values);
        Assert.Equal(["U8", "U16", "F16", "U8"], ((string[])["small", "medium", "half", "whole"]).Select(n => file.Tensors[n].Type));
    }

    [Fact]
    public void The_layers_are_handed_on_as_they_stand()
    {
        using TempFolder folder = Write(Model);
        using TensorFlowJsFile file = TensorFlowJsFile.Open(Path.Combine(folder.Path, "model.json"));

        Assert.Equal("""{"class_name": "Sequential", "config": {"layers": []}}""", file.ModelConfig);
        Assert.Equal(("layers-model", "keras v2.2.4"), (file.Form, file.Writer));
    }

    [Theory]
    [InlineData("../a.bin")]
    [InlineData("/etc/passwd")]
    [InlineData("sub/../../a.bin")]
    [InlineData("c:a.bin")]
    [InlineData("sub\\\\b.bin")]
    [InlineData("")]
    public void Files_outside_the_folder_are_not_opened(string path)
    {
        using TempFolder folder = Write(Model.Replace("\"a.bin\"", $"\"{path}\"", StringComparison.Ordinal));

        var e = Assert.Throws<GraftInputException>(() => TensorFlowJsFile.Open(Path.Combine(folder.Path, "model.json")));

        Assert.Contains($"tensorflow-js: expected files of weights within the model's folder, got '{path.Replace("\\\\", "\\", StringComparison.Ordinal)}'.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_or_short_file_is_named()
    {
        using TempFolder folder = Write(Model);
        folder.Write("c.bin", [1, 2]);
        string path = Path.Combine(folder.Path, "model.json");

        var small = Assert.Throws<GraftInputException>(() => TensorFlowJsFile.Open(path));
        File.Delete(Path.Combine(folder.Path, "c.bin"));
        var missing = Assert.Throws<GraftInputException>(() => TensorFlowJsFile.Open(path));

        Assert.Equal($"{path}: expected 4 bytes of 'small' U8 [4] at byte 0, got a file of 2 bytes.", small.Message);
        Assert.StartsWith($"{path}: c.bin: expected a readable file, got: ", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_give_one_error_and_nothing_else()
    {
        Fuzz.Bytes(Encoding.UTF8.GetBytes(Model), json => ReadAll(json, Shards), variants: 2000);
        Fuzz.Bytes(Shards["sub/b.bin"], shard => ReadAll(Encoding.UTF8.GetBytes(Model), new(Shards) { ["sub/b.bin"] = shard }), variants: 200);
    }

    private static void ReadAll(byte[] json, Dictionary<string, byte[]> shards)
    {
        using var file = TensorFlowJsFile.Of(json, name => shards.TryGetValue(name, out byte[]? bytes) ? new FileBytes(bytes, name) : throw new GraftInputException(name, "is missing."), "model.json");
        _ = file.Tensors.Values.Sum(t => t.Values.Length);
    }

    private static TempFolder Write(string model)
    {
        var folder = new TempFolder();
        folder.Write("model.json", model);
        foreach ((string name, byte[] bytes) in Shards)
        {
            folder.Write(name, bytes);
        }

        return folder;
    }

    private static byte[] Floats(params float[] values) => [.. values.SelectMany(BitConverter.GetBytes)];
}
