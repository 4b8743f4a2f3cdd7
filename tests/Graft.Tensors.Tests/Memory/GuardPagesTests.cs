using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Memory;

[Trait("category", "memory")]
[Collection(WholeTeam.Name)]
public sealed unsafe class GuardPagesTests : IDisposable
{
    private readonly MemoryPages _before = Engine.MemoryPages;

    public GuardPagesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "Pages that nobody may read are asked for on Linux alone.");

    public void Dispose() => Engine.MemoryPages = _before;

    [Theory, InlineData(1, MemoryPages.Behind), InlineData(1000, MemoryPages.Behind), InlineData(1_000_003, MemoryPages.Behind), InlineData(16, MemoryPages.Before)]
    public void Pages_beside_a_block_cannot_be_read_and_those_of_one_that_was_released_neither(int count, MemoryPages side)
    {
        Engine.MemoryPages = side;
        Block[] blocks = [Pool.Rent(count), Pool.RentLasting(count)];

        foreach (Block block in blocks)
        {
            byte* first = (byte*)block.Data, end = (byte*)(block.Data + count) + Block.Slack;
            new Span<float>(block.Data, count).Fill(1);
            Assert.Equal(0, (long)first % 64);
            Assert.True(CanRead(first) && CanRead(end - 1));
            Assert.False(CanRead(side == MemoryPages.Before ? first - 1 : end + 63));
            block.Release();
            Assert.False(CanRead(first));
        }
    }

    [Fact]
    public void They_change_no_number_and_what_was_used_comes_back()
    {
        Engine.MemoryPages = MemoryPages.None;
        float[] expected = Products();
        GC.Collect();
        GC.WaitForPendingFinalizers();
        long live = Engine.LiveBlocks, bytes = Engine.SystemBytes;
        Engine.MemoryPages = MemoryPages.Behind;

        Assert.Equal(expected, Products());

        Assert.InRange(Engine.LiveBlocks, 0, live);
        Assert.InRange(Engine.SystemBytes, 0, bytes);
    }

    [Theory, InlineData("1", true, MemoryPages.None), InlineData("pages", true, MemoryPages.Behind), InlineData("pages-before", true, MemoryPages.Before),
        InlineData("0", false, MemoryPages.None), InlineData(null, false, MemoryPages.None)]
    public void A_word_says_how_memory_is_checked(string? how, bool marks, MemoryPages side)
    {
        bool checks = Engine.ChecksMemory;
        try
        {
            (Engine.ChecksMemory, Engine.MemoryPages) = (false, MemoryPages.None);
            Engine.CheckMemory(how);
            Assert.Equal((marks, side), (Engine.ChecksMemory, Engine.MemoryPages));
        }
        finally
        {
            Engine.ChecksMemory = checks;
        }
    }

    private static float[] Products()
    {
        using var scope = new TensorScope();
        Tensor x = Tensor.Full([37, 41], 0.5f);
        return (x.MatMul(x.Transpose()) + 1).Sum(0).ToArray();
    }

    // The system says of an address that cannot be read that it is a bad one.
    private static bool CanRead(byte* address)
    {
        string path = Path.GetTempFileName();
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
            RandomAccess.Write(file, new ReadOnlySpan<byte>(address, 1), 0);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
