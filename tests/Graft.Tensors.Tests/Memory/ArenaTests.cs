using Graft.Tensors.Memory;

namespace Graft.Tensors.Tests.Memory;

[Trait("category", "memory")]
public sealed unsafe class ArenaTests
{
    [Theory, InlineData(1), InlineData(2), InlineData(3)]
    public void Parts_never_overlap_and_all_that_came_back_is_one_again(int seed)
    {
        var random = new System.Random(seed);
        var arena = new Arena();
        var taken = new List<Chunk>();
        for (int i = 0; i < 2000; i++)
        {
            if (taken.Count > 0 && random.Next(100) < 48)
            {
                int at = random.Next(taken.Count);
                arena.Return(taken[at]);
                taken.RemoveAt(at);
                continue;
            }

            long bytes = random.Next(1, 3 << 20);
            Chunk chunk = arena.Take(bytes, mayGrow: true)!;
            Assert.True(chunk.Size >= bytes);
            Assert.Equal(0, (long)chunk.Data % 256);
            Assert.DoesNotContain(taken, t => t.Data < chunk.Data + chunk.Size && chunk.Data < t.Data + t.Size);
            taken.Add(chunk);
        }

        foreach (Chunk chunk in taken)
        {
            arena.Return(chunk);
        }

        arena.Trim();
        Assert.Equal(0, arena.Touched);
    }

    [Fact]
    public void Steps_that_ask_alike_take_nothing_new()
    {
        // The first step grows the arena on its way; those after it find all of it, and soon the same parts.
        var arena = new Arena();
        for (int i = 0; i < 5; i++)
        {
            Step(arena, 1);
        }

        long touched = arena.Touched, growths = arena.Growths;

        for (int i = 0; i < 20; i++)
        {
            Step(arena, 1);
        }

        Assert.Equal(touched, arena.Touched);
        Assert.Equal(growths, arena.Growths);
    }

    // 64 MB in blocks of one size come back, and blocks of another size take their place: a pool of sizes would have taken 128 MB.
    [Fact]
    public void Memory_of_one_size_serves_another()
    {
        var arena = new Arena();
        Chunk[] large = [.. Enumerable.Range(0, 16).Select(_ => arena.Take(4 << 20, mayGrow: true)!)];
        long touched = arena.Touched;
        foreach (Chunk chunk in large)
        {
            arena.Return(chunk);
        }

        for (int i = 0; i < 40; i++)
        {
            Assert.NotNull(arena.Take(3 << 19, mayGrow: false));
        }

        Assert.Equal(touched, arena.Touched);
        Assert.InRange(touched, 64L << 20, 65L << 20);
    }

    [Fact]
    public void Without_leave_to_grow_only_what_was_handed_out_before_is_used()
    {
        var arena = new Arena();
        Assert.Null(arena.Take(1 << 20, mayGrow: false));

        Chunk first = arena.Take(1 << 20, mayGrow: true)!;
        arena.Return(first);

        Assert.Null(arena.Take(2 << 20, mayGrow: false));
        Assert.Same(first, arena.Take(1 << 20, mayGrow: false));
    }

    // As a network does: sizes that shrink on the way there, each with one more beside it for a moment on the way back.
    private static void Step(Arena arena, int seed)
    {
        var random = new System.Random(seed);
        var kept = new Stack<Chunk>();
        for (int i = 0; i < 30; i++)
        {
            kept.Push(arena.Take(((30 - i) << 18) + random.Next(1 << 16), mayGrow: true)!);
        }

        Chunk? gradient = null;
        while (kept.TryPop(out Chunk? chunk))
        {
            Chunk next = arena.Take(chunk.Size, mayGrow: true)!;
            if (gradient is not null)
            {
                arena.Return(gradient);
            }

            gradient = next;
            arena.Return(chunk);
        }

        arena.Return(gradient!);
    }
}
