using System.Text;
using Graft.Models.Formats;
using Graft.Tensors;
using Graft.Tensors.Random;

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
    public void Damaged_files_give_one_error_and_nothing_else()
    {
        byte[] valid = Sample();
        var random = RandomStream.For(1, "safetensors");
        for (int i = 0; i < 2000; i++)
        {
            byte[] damaged = [.. valid];
            if (i % 4 == 0)
            {
                damaged = damaged[..random.NextInt(damaged.Length)];
            }

            for (int k = 0; k <= i % 3 && damaged.Length > 0; k++)
            {
                damaged[random.NextInt(damaged.Length)] = (byte)random.NextInt(256);
            }

            try
            {
                Safetensors.Read(damaged, "damaged");
            }
            catch (GraftInputException)
            {
            }
        }
    }

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
