using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Tests.Kernels;

namespace Graft.Tensors.Tests.Memory;

[Trait("category", "memory")]
[Collection(WholeTeam.Name)]
public sealed unsafe class GuardTests : IDisposable
{
    private readonly bool _before = Engine.ChecksMemory;
    private readonly MemoryPages _pages = Engine.MemoryPages;

    public GuardTests()
    {
        Engine.ChecksMemory = true;
        Engine.MemoryPages = MemoryPages.None;
    }

    public void Dispose()
    {
        Engine.ChecksMemory = _before;
        Engine.MemoryPages = _pages;
    }

    // 1000 numbers lie in a size class, 1,000,000 in the arena.
    [Theory, InlineData(1), InlineData(1000), InlineData(1_000_000)]
    public void Numbers_are_not_numbers_before_they_are_written_and_after_they_were_released(int count)
    {
        Block block = Pool.Rent(count);
        float* at = block.Data;

        Assert.True(float.IsNaN(at[0]) && float.IsNaN(at[count - 1]));
        new Span<float>(at, count).Fill(1);
        block.Release();

        Assert.True(float.IsNaN(at[0]) && float.IsNaN(at[count - 1]));
    }

    [Theory, InlineData(1000, 0), InlineData(1000, 63), InlineData(1_000_000, 5)]
    public void Writing_behind_the_end_is_found_when_the_memory_comes_back(int count, int beyond)
    {
        Block block = Pool.Rent(count);
        block.Data[count + beyond] = 1;

        var e = Assert.Throws<InvalidOperationException>(block.Release);

        Assert.Equal($"Memory: expected nothing to be written behind a block of {count} numbers, got a change {beyond} numbers behind its end. An op writes too far.", e.Message);
    }

    [Fact]
    public void What_writes_within_its_memory_is_left_alone()
    {
        long live = Engine.LiveBlocks;
        Block block = Pool.Rent(1000);
        new Span<float>(block.Data, 1000).Fill(1);

        Assert.Equal(live + 1, Engine.LiveBlocks);
        block.Release();

        Assert.Equal(live, Engine.LiveBlocks);
    }

    // An op that kept an address instead of a tensor would read here what it read before, unnoticed.
    [Fact]
    public void An_address_kept_beyond_the_step_reads_what_is_not_a_number()
    {
        Tensor x = Tensor.Variable(Tensor.From([1f, 2, 3], [3])), y = x * 2;
        float* kept = y.Node.Data;
        Tape.Current.EndStep();
        _ = Tensor.Zeros([100]);

        Assert.True(float.IsNaN(kept[0]));
        Assert.True(y.IsStale);
    }

    [Fact]
    public void What_lives_long_begins_with_zeros_and_goes_back_to_the_system()
    {
        Block block = Pool.RentLasting(1 << 20);
        long bytes = Engine.SystemBytes;

        Assert.Equal(0, (long)block.Data % 64);
        Assert.True(new ReadOnlySpan<float>(block.Data, 1 << 20).IndexOfAnyExcept(0f) < 0);
        block.Release();

        Assert.InRange(bytes - Engine.SystemBytes, 4 << 20, (4 << 20) + 4096);
    }
}
