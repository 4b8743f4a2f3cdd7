using System.IO.Compression;
using Graft.Data;
using Graft.Models.Formats;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class NumpyFileTests
{
    [Theory]
    [InlineData("little-f2", "F16")]
    [InlineData("big-f4", "F32")]
    [InlineData("little-f8", "F64")]
    [InlineData("big-i8", "I64")]
    [InlineData("u1", "U8")]
    [InlineData("bool", "BOOL")]
    public void An_array_of_its_own_is_read_as_the_data_source_does(string name, string type)
    {
        string path = GoldenFile.PathOf($"Sources/{name}.npy");

        WeightFile file = WeightFile.Read(path);

        Assert.Equal("numpy", file.Format);
        Assert.Equal(type, file.Tensors["data"].Type);
        Assert.Equal(Graft.Data.Sources.NpyArray.Read(File.ReadAllBytes(path), name).Floats(), file.Tensors["data"].Values);
    }

    [Fact]
    public void Axes_in_the_other_order_are_turned()
    {
        NamedArray array = WeightFile.Read(GoldenFile.PathOf("Sources/fortran.npy")).Tensors["data"];

        Assert.Equal(Enumerable.Range(0, array.Values.Length).Select(i => (float)i), array.Values);
    }

    [Theory]
    [InlineData("pair.npz")]
    [InlineData("packed.npz")]
    public void Archives_are_read_array_by_array(string name)
    {
        WeightFile file = WeightFile.Read(GoldenFile.PathOf("Sources/" + name));

        Assert.Equal("numpy", file.Format);
        Assert.True(file.Tensors.Count > 0);
        using ZipArchive zip = ZipFile.OpenRead(GoldenFile.PathOf("Sources/" + name));
        foreach ((string key, NamedArray array) in file.Tensors.Reverse())
        {
            using Stream part = zip.GetEntry(key + ".npy")!.Open();
            using var all = new MemoryStream();
            part.CopyTo(all);
            Assert.Equal(Graft.Data.Sources.NpyArray.Read(all.ToArray(), key).Floats(), array.Values);
        }
    }

    [Fact]
    public void Python_objects_are_refused()
    {
        var e = Assert.Throws<GraftInputException>(() => WeightFile.Read(GoldenFile.PathOf("Sources/objects.npy")));

        Assert.Contains("expected numbers, got Python objects, which are never loaded because loading them can run code.", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fortran.npy")]
    [InlineData("pair.npz")]
    [InlineData("packed.npz")]
    public void Damaged_files_give_one_error_and_nothing_else(string name) => Fuzz.Bytes(
        GoldenFile.Read("Sources/" + name),
        damaged =>
        {
            IReadOnlyDictionary<string, NamedArray> tensors = name.EndsWith('z') ? NumpyFile.Archive(new MemoryStream(damaged), "damaged") : NumpyFile.Single(new FileBytes(damaged, "damaged"));
            _ = tensors.Values.Sum(t => t.Values.Length);
        },
        variants: 2000);
}
