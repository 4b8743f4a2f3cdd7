using System.IO.Compression;
using System.Text;
using Graft.Models;
using Graft.Tasks;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Tasks;

public sealed class ModelFileTests
{
    private const long Slack = 8 << 20;

    [Fact]
    public void A_damaged_file_is_refused()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "m.graft");
        byte[] valid = Saved(folder);

        Fuzz.Bytes(valid, damaged => Answer(path, damaged), Slack);
    }

    // Check sums fit here: what is damaged is what they are made of.
    [Fact]
    public void A_file_with_a_damaged_description_is_refused_or_answers()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "m.graft");
        (byte[] json, byte[] weights) = Parts(Saved(folder));
        int opened = 0;

        Fuzz.Bytes(json, damaged => opened += Answer(path, Zip(damaged, weights)), Slack, variants: 500);

        Assert.InRange(opened, 1, 300);
    }

    [Fact]
    public void A_file_with_damaged_weights_is_refused_or_answers()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "m.graft");
        (byte[] json, byte[] weights) = Parts(Saved(folder));

        Fuzz.Bytes(weights, damaged => Answer(path, Zip(json, damaged)), Slack, variants: 150);
    }

    [Fact]
    public void A_flipped_bit_in_the_weights_is_noticed()
    {
        using var folder = new TempFolder();
        byte[] bytes = Saved(folder);
        int at = bytes.AsSpan().IndexOf("\"dtype\""u8) + 2000;
        bytes[at] ^= 4;
        string path = folder.Write("flipped.graft", bytes);

        var e = Assert.Throws<GraftInputException>(() => TrainedModel.Open(path));

        Assert.Equal($"{path}: model: expected a model file of Graft, got one in which the check sum of weights.safetensors does not fit.", e.Message);
    }

    [Theory]
    [InlineData("[]", "model.json is no object")]
    [InlineData("{}", "the format is '', not graft-model-1")]
    [InlineData("""{ "format": "graft-model-2" }""", "the format is 'graft-model-2', not graft-model-1")]
    [InlineData("""{ "format": "graft-model-1", "inputs": [], "tasks": [] }""", "there are 0 tasks")]
    public void What_it_says_is_checked(string json, string reason)
    {
        using var folder = new TempFolder();
        string path = folder.Write("m.graft", Zip(Encoding.UTF8.GetBytes(json), []));

        var e = Assert.Throws<GraftInputException>(() => TrainedModel.Open(path));

        Assert.Equal($"{path}: model: expected a model file of Graft, got one in which {reason}.", e.Message);
    }

    // The description asks for 2000 x 1000000 weights; nothing of that is taken before the file is seen to lack them.
    [Fact]
    public void A_description_of_a_huge_model_takes_no_memory()
    {
        using var folder = new TempFolder();
        (byte[] json, byte[] weights) = Parts(Saved(folder));
        string huge = Encoding.UTF8.GetString(json).Replace("\"hidden\": [\n      6,\n      5\n    ]", "\"hidden\": [2000, 1000000]", StringComparison.Ordinal);
        string path = folder.Write("m.graft", Zip(Encoding.UTF8.GetBytes(huge), weights));

        var e = Assert.Throws<GraftInputException>(() => TrainedModel.Open(path));

        Assert.Contains("weights for 'trunk.hidden.0.weight' [2000, 9] are [6, 9].", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_names_another_one_for_its_network_is_refused()
    {
        using var folder = new TempFolder();
        (byte[] json, byte[] weights) = Parts(Saved(folder));
        string[] parts = Encoding.UTF8.GetString(json).Split("\"backbone\":", 2);
        string elsewhere = parts[0] + "\"backbone\": { \"name\": \"graph\", \"file\": \"other.json\" }," + parts[1][parts[1].IndexOf("\"inputs\"", StringComparison.Ordinal)..];
        string path = folder.Write("m.graft", Zip(Encoding.UTF8.GetBytes(elsewhere), weights));

        var e = Assert.Throws<GraftInputException>(() => TrainedModel.Open(path));

        Assert.Equal($"{path}: model: expected a model file of Graft, got one in which the network is said to lie in another file, 'other.json'.", e.Message);
    }

    [Fact]
    public void Other_files_are_refused()
    {
        using var folder = new TempFolder();
        string text = folder.Write("m.graft", "no zip"), absent = Path.Combine(folder.Path, "absent.graft");

        var e = Assert.Throws<GraftInputException>(() => TrainedModel.Open(text));
        var none = Assert.Throws<GraftInputException>(() => TrainedModel.Open(absent));

        Assert.StartsWith($"{text}: model: expected a model file of Graft, got: ", e.Message, StringComparison.Ordinal);
        Assert.StartsWith($"{absent}: model: expected a readable file, got: ", none.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_file_is_refused_so_that_it_cannot_unpack_to_more_than_it_is()
    {
        using var folder = new TempFolder();
        (byte[] json, byte[] weights) = Parts(Saved(folder));
        string path = folder.Write("m.graft", Zip(json, weights, CompressionLevel.Optimal));

        var e = Assert.Throws<GraftInputException>(() => TrainedModel.Open(path));

        Assert.Matches("got one in which model.json takes [0-9]+ bytes and says it has [0-9]+\\.$", e.Message);
    }

    private static byte[] Saved(TempFolder folder)
    {
        string path = Path.Combine(folder.Path, "valid.graft");
        Survey.Model(new Mlp([6, 5], batchNorm: true)).Save(path);
        return File.ReadAllBytes(path);
    }

    // 1 where the file opened; its answers may be any.
    private static int Answer(string path, byte[] bytes)
    {
        File.WriteAllBytes(path, bytes);
        TrainedModel model = TrainedModel.Open(path);
        _ = model.Predict(Survey.Questions(3));
        return 1;
    }

    private static (byte[] Json, byte[] Weights) Parts(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        return (Read("model.json"), Read("weights.safetensors"));

        byte[] Read(string name)
        {
            using Stream stream = zip.GetEntry(name)!.Open();
            var copy = new MemoryStream();
            stream.CopyTo(copy);
            return copy.ToArray();
        }
    }

    private static byte[] Zip(byte[] json, byte[] weights, CompressionLevel level = CompressionLevel.NoCompression)
    {
        var file = new MemoryStream();
        using (var zip = new ZipArchive(file, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach ((string name, byte[] bytes) in new[] { ("model.json", json), ("weights.safetensors", weights) })
            {
                using Stream stream = zip.CreateEntry(name, level).Open();
                stream.Write(bytes);
            }
        }

        return file.ToArray();
    }
}
