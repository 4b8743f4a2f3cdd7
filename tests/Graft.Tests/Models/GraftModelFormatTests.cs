using System.IO.Compression;
using System.Text;
using Graft.Models.Formats;
using Graft.Tensors;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class GraftModelFormatTests
{
    private const string Description = """{"format": "graft-model-1", "backbone": {"name": "mlp"}, "inputs": [{"kind": "table"}], "tasks": [{"name": "wine", "input": 0, "target": {"classes": ["red", "white"]}}]}""";

    [Fact]
    public void Weights_and_description_of_a_model_file_are_read()
    {
        using var folder = new TempFolder();

        WeightFile file = WeightFile.Read(folder.Write("m.graft", Model()));

        Assert.Equal("graft", file.Format);
        Assert.Equal([1f, 2, 3], file.Tensors["trunk.weight"].Values);
        Assert.Equal("""{"classes": ["red", "white"]}""", file.ReadFacts()["task wine"]);
        Assert.Equal("""{"kind": "table"}""", file.ReadFacts()["input 1"]);
    }

    [Fact]
    public void Damaged_files_give_one_error_and_nothing_else()
    {
        using var folder = new TempFolder();
        Fuzz.Bytes(
            Model(),
            damaged =>
            {
                WeightFile file = WeightFile.Read(folder.Write("m.graft", damaged));
                _ = file.Tensors.Values.Sum(t => t.Values.Length) + file.ReadFacts().Count;
            },
            variants: 2000);
    }

    private static byte[] Model()
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using (Stream json = zip.CreateEntry("model.json", CompressionLevel.NoCompression).Open())
            {
                json.Write(Encoding.UTF8.GetBytes(Description));
            }

            using Stream weights = zip.CreateEntry("weights.safetensors", CompressionLevel.NoCompression).Open();
            Safetensors.Write(weights, new Dictionary<string, Tensor> { ["trunk.weight"] = Tensor.From([1f, 2, 3], [3]) });
        }

        return bytes.ToArray();
    }
}
