using Graft.Models.Formats;
using Graft.Tensors.Random;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class TorchFileTests
{
    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void The_weights_of_a_checkpoint_are_found_whatever_lies_around_them(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));

        Assert.Equal(["a.weight", "a.turned", "a.part", "b.half", "b.brain", "b.count", "b.empty"], tensors.Keys);
        Assert.Equal("[3, 2]", tensors["a.weight"].ShapeText);
        Assert.Equal([0.5f, -2], tensors["b.half"].Values);
        Assert.Equal([1.5f, -3], tensors["b.brain"].Values);
        Assert.Equal([7f], tensors["b.count"].Values);
        Assert.Equal(["F32", "F16", "BF16", "I64"], ((string[])["a.weight", "b.half", "b.brain", "b.count"]).Select(n => tensors[n].Type));
        Assert.Equal("[0, 4]", tensors["b.empty"].ShapeText);
    }

    // 0 .. 23 as [2, 3, 4], axes turned to [4, 2, 3]: element (i, j, k) is 12 j + 4 k + i.
    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void Views_are_read_as_they_look(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));

        Assert.Equal([4, 2, 3], tensors["a.turned"].Sizes);
        Assert.Equal(Enumerable.Range(0, 24).Select(n => (float)((12 * (n / 3 % 2)) + (4 * (n % 3)) + (n / 6))), tensors["a.turned"].Values);
        Assert.Equal([2, 4], tensors["a.part"].Sizes);
        Assert.Equal([16f, 17, 18, 19, 20, 21, 22, 23], tensors["a.part"].Values);
    }

    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void A_part_of_a_tensor_is_read_for_itself(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));
        var part = new float[3];

        tensors["a.part"].CopyTo(2, part);

        Assert.Equal([18f, 19, 20], part);
    }

    [Theory]
    [InlineData("torch_zip_long.pt")]
    [InlineData("torch_legacy_long.pt")]
    public void Long_storages_are_read_where_they_lie(string file)
    {
        IReadOnlyDictionary<string, NamedArray> tensors = TorchFile.Read(GoldenFile.PathOf(file));
        var part = new float[2];

        tensors["rest"].CopyTo(150, part);

        Assert.Equal([1150 / 8f, 1151 / 8f], part);
        Assert.Equal(Enumerable.Range(0, 1500).Select(i => i - 3f), tensors["alone"].Values);
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => i / 8f), tensors["first"].Values);
        Assert.Equal(Enumerable.Range(0, 1200).Select(i => ((i % 30 * 40) + (i / 30)) / 4f), tensors["turned"].Values);
        Assert.Equal(Enumerable.Range(0, 2100).Select(i => (float)(Half)(i / 2f)), tensors["half"].Values);
        Assert.Equal(tensors["alone"].Values, TorchFile.Read(GoldenFile.Read(file), "m")["alone"].Values);
    }

    [Theory]
    [InlineData("torch_zip_long.pt")]
    [InlineData("torch_legacy_long.pt")]
    public void Damaged_long_files_give_one_error_and_nothing_else(string file) =>
        Fuzz.Bytes(GoldenFile.Read(file), damaged => _ = TorchFile.Read(damaged, "damaged").Values.Sum(t => t.Values.Length), variants: 1000);

    [Fact]
    public void Something_that_could_be_run_is_refused_by_name()
    {
        byte[] pickle = [0x80, 2, .. "cposix\nsystem\n"u8, (byte)'X', 4, 0, 0, 0, .. "echo"u8, 0x85, (byte)'R', (byte)'.'];

        var e = Assert.Throws<GraftInputException>(() => TorchFile.Read(pickle, "evil.pt"));

        Assert.Equal("evil.pt: pickle: expected tensors and plain data, got 'posix.system', which is not read because it could stand for anything. Save the state dictionary alone.", e.Message);
    }

    [Theory]
    [InlineData("torch_zip.pt")]
    [InlineData("torch_legacy.pt")]
    public void Damaged_files_give_one_error_and_nothing_else(string file)
    {
        byte[] valid = GoldenFile.Read(file);
        var random = RandomStream.For(2, file);
        int refused = 0;
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = i % 4 == 0 ? valid[..random.NextInt(valid.Length)] : [.. valid];
            for (int k = 0; k <= i % 3 && damaged.Length > 0; k++)
            {
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            }

            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                _ = TorchFile.Read(damaged, "damaged").Values.Sum(t => t.Values.Length);
            }
            catch (GraftInputException)
            {
                refused++;
            }

            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, (4 * valid.Length) + (16 << 20));
        }

        Assert.InRange(refused, 500, 2000);
    }
}
