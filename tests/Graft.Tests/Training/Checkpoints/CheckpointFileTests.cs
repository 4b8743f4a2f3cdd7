using Graft.Tests.Data.Sources;
using Graft.Training.Checkpoints;

namespace Graft.Tests.Training.Checkpoints;

public sealed class CheckpointFileTests
{
    private static State Example()
    {
        var inner = new State();
        inner.Set("w", new[] { 1f, float.NaN, -0f, float.PositiveInfinity });
        inner.Set("empty", Array.Empty<float>());
        var state = new State();
        state.Set("step", 12345678901234L);
        state.Set("loss", BitConverter.Int64BitsToDouble(0x7FF8000000000123));
        state.Set("name", "Zürich \0 🙂");
        state.Set("counts", new[] { long.MinValue, 0, long.MaxValue });
        state.Set("bytes", new byte[] { 1, 2, 255 });
        state.Set("model", inner);
        state.Set("nothing", new State());
        return state;
    }

    private static byte[] Bytes(State state)
    {
        var stream = new MemoryStream();
        CheckpointFile.Write(stream, state);
        return stream.ToArray();
    }

    private static State Read(byte[] bytes) => CheckpointFile.Read(new MemoryStream(bytes), "c.bin");

    [Fact]
    public void Everything_comes_back_bit_for_bit_and_in_order()
    {
        byte[] written = Bytes(Example());
        State read = Read(written);

        Assert.Equal(["step", "loss", "name", "counts", "bytes", "model", "nothing"], read.Values.Select(v => v.Key));
        Assert.Equal(12345678901234L, read.Get<long>("step"));
        Assert.Equal("Zürich \0 🙂", read.Get<string>("name"));
        Assert.Equal(BitConverter.SingleToInt32Bits(-0f), BitConverter.SingleToInt32Bits(read.Get<State>("model").Get<float[]>("w")[2]));
        Assert.Equal(written, Bytes(read));
    }

    [Fact]
    public void Arrays_longer_than_the_buffers_come_back()
    {
        var state = new State();
        float[] numbers = [.. Enumerable.Range(0, 700_001).Select(i => (float)i)];
        state.Set("long", numbers);

        Assert.Equal(numbers, Read(Bytes(state)).Get<float[]>("long"));
    }

    // The check value of CRC-32C that its definition names.
    [Fact]
    public void The_checksum_is_castagnolis()
    {
        var crc = default(Crc32C);
        crc.Add("12345"u8);
        crc.Add("6789"u8);

        Assert.Equal(0xE3069283, crc.Value);
    }

    [Fact]
    public void One_wrong_bit_anywhere_is_found()
    {
        byte[] bytes = Bytes(Example());
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] ^= 4;
            Assert.Throws<GraftInputException>(() => Read(bytes));
            bytes[i] ^= 4;
        }
    }

    [Fact]
    public void A_file_that_was_cut_off_or_is_something_else_is_refused_by_name()
    {
        byte[] bytes = Bytes(Example());

        Assert.Equal("c.bin: expected a checkpoint, got a damaged file: its checksum is wrong.", Assert.Throws<GraftInputException>(() => Read(bytes[..^9])).Message);
        Assert.Equal("c.bin: expected a checkpoint, got a damaged file: it has only 3 bytes.", Assert.Throws<GraftInputException>(() => Read(bytes[..3])).Message);
    }

    // The checksum is made right again after the damage, so that the reader itself is tried.
    [Fact]
    public void Hostile_files_are_refused_without_great_cost()
    {
        byte[] valid = Bytes(Example());
        Fuzz.Bytes(valid[..^4], damaged =>
        {
            var crc = default(Crc32C);
            crc.Add(damaged);
            Read([.. damaged, .. BitConverter.GetBytes(crc.Value)]);
        });
    }

    [Fact]
    public void States_in_states_without_end_are_refused()
    {
        var state = new State();
        for (int i = 0; i < 63; i++)
        {
            var outer = new State();
            outer.Set("in", state);
            state = outer;
        }

        Assert.Equal(Bytes(state), Bytes(Read(Bytes(state))));

        var deepest = new State();
        deepest.Set("in", state);
        Assert.Throws<InvalidOperationException>(() => Bytes(deepest));
    }
}
