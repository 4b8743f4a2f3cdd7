using System.Text;
using Graft.Models.Formats;
using Graft.Models.Weights;
using Graft.Nn.Layers;
using Graft.Tensors;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Models;

public sealed class SafetensorsTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        byte[] bytes = Sample();

        SafetensorsContent content = Safetensors.Read(bytes, "sample");

        Assert.Equal([2, 3], content.Tensors["a.weight"].Sizes);
        Assert.Equal([1f, 2, 3, 4, 5, float.NaN], content.Tensors["a.weight"].Values);
        Assert.Equal([7f], content.Tensors["b"].Values);
        Assert.Equal("x", content.Metadata["made-by"]);
        Assert.Equal(0, BitConverter.ToInt64(bytes) % 8);
    }

    [Fact]
    public void Other_number_types_become_floats()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[],"data_offsets":[4,6]},"i":{"dtype":"I64","shape":[1],"data_offsets":[6,14]}}""");
        byte[] bytes = [.. BitConverter.GetBytes((long)header.Length), .. header, 0, 0x3C, 0, 0xC0, 0x40, 0x40, .. BitConverter.GetBytes(-5L)];

        SafetensorsContent content = Safetensors.Read(bytes, "sample");

        Assert.Equal([1f, -2f], content.Tensors["h"].Values);
        Assert.Equal([3f], content.Tensors["b"].Values);
        Assert.Equal([-5f], content.Tensors["i"].Values);
    }

    [Fact]
    public void Bytes_that_do_not_fit_the_sizes_are_refused_by_name()
    {
        byte[] header = Encoding.UTF8.GetBytes("""{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""");

        var e = Assert.Throws<GraftInputException>(() => Safetensors.Read([.. BitConverter.GetBytes((long)header.Length), .. header, .. new byte[8]], "x.safetensors"));

        Assert.Equal("x.safetensors: safetensors: expected 12 bytes for 'w', got 8. The file is damaged or of another format.", e.Message);
    }

    [Fact]
    public void A_file_is_opened_without_its_numbers_and_read_straight_into_place()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "big.safetensors");
        Safetensors.Write(path, new Dictionary<string, NamedArray> { ["w"] = new([1000, 1000], into => into.Fill(3)), ["v"] = new([2], [1, 2]) });
        var place = new float[1000 * 1000];

        long before = GC.GetAllocatedBytesForCurrentThread();
        SafetensorsContent content = Safetensors.Read(path);
        content.Tensors["w"].CopyTo(place);
        long taken = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.True(place.All(v => v == 3));
        Assert.Equal([1f, 2], content.Tensors["v"].Values);
        Assert.InRange(taken, 0, 100_000);
    }

    [Fact]
    public void A_file_that_became_shorter_is_an_error_where_its_numbers_are_wanted()
    {
        using var folder = new TempFolder();
        string path = folder.Write("w.safetensors", Sample());
        SafetensorsContent content = Safetensors.Read(path);
        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            file.SetLength(file.Length - 8);
        }

        var e = Assert.Throws<GraftInputException>(() => content.Tensors.Values.Sum(t => t.Values.Length));

        Assert.Contains("got the end of the file, which became shorter.", e.Message, StringComparison.Ordinal);
    }

    // The matrix of a product lies with its outputs innermost, so it is placed from the mapped file; 1 or 2 more bytes of header make the numbers lie at odd places,
    // from where they are read.
    [Theory, InlineData(0), InlineData(1), InlineData(2)]
    public void Numbers_lie_where_the_model_wants_them_wherever_they_lay_in_the_file(int more)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "w.safetensors");
        var from = new Linear(1031, 700);
        from.Initialize(1);
        Safetensors.Write(path, from.StateDictionary());
        byte[] bytes = File.ReadAllBytes(path);
        long header = BitConverter.ToInt64(bytes);
        File.WriteAllBytes(path, [.. BitConverter.GetBytes(header + more), .. bytes.AsSpan(8, (int)header), .. Enumerable.Repeat((byte)' ', more), .. bytes.AsSpan(8 + (int)header)]);
        var to = new Linear(1031, 700);
        to.Initialize(2);

        WeightCarry.Carry(WeightSource.Of(Safetensors.Read(path).Tensors, path), to);

        Assert.Equal(from.Weight.Value.ToArray(), to.Weight.Value.ToArray());
        Assert.Equal(from.Bias!.Value.ToArray(), to.Bias!.Value.ToArray());
    }

    [Fact]
    public void Damaged_files_give_one_error_and_nothing_else() => Fuzz.Bytes(
        Sample(), damaged => _ = Safetensors.Read(damaged, "damaged").Tensors.Values.Sum(t => t.Values.Length), variants: 2000);

    private static byte[] Sample()
    {
        using var stream = new MemoryStream();
        Safetensors.Write(
            stream,
            new Dictionary<string, Tensor> { ["b"] = Tensor.Scalar(7), ["a.weight"] = Tensor.From([1f, 2, 3, 4, 5, float.NaN], [2, 3]) },
            new Dictionary<string, string> { ["made-by"] = "x" });
        return stream.ToArray();
    }
}
