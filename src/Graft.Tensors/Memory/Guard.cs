namespace Graft.Tensors.Memory;

/// <summary>Checks of memory for tests and for the search for errors: what nobody has written yet or nobody owns any more reads as NaN, and what is written behind the end
/// of a block is found when the block comes back.</summary>
internal static unsafe class Guard
{
    // A NaN that no computation gives.
    private const int Mark = 0x7FC0DEAD;

    /// <summary>Marks a block that was handed out.</summary>
    /// <param name="block">Its content is undefined.</param>
    /// <param name="floats">How many numbers were asked for.</param>
    public static void Open(Block block, long floats)
    {
        Fill((int*)block.Data, floats + (Block.Slack / sizeof(float)));
        block.Guarded = floats;
    }

    /// <summary>Marks what lies behind a block of zeros that was handed out.</summary>
    public static void OpenZeros(Block block, long floats)
    {
        Fill((int*)(block.Data + floats), Block.Slack / sizeof(float));
        block.Guarded = floats;
    }

    /// <summary>Looks behind the end of a block that came back, and spoils its numbers.</summary>
    /// <exception cref="InvalidOperationException">Something was written there.</exception>
    public static void Close(Block block)
    {
        long floats = block.Guarded;
        if (floats < 0)
        {
            return;
        }

        block.Guarded = -1;
        int* end = (int*)block.Data + floats;
        int at = 0;
        while (at < Block.Slack / sizeof(float) && end[at] == Mark)
        {
            at++;
        }

        if (block.Own == null)
        {
            Fill((int*)block.Data, floats);
        }

        if (at < Block.Slack / sizeof(float))
        {
            throw new InvalidOperationException($"Memory: expected nothing to be written behind a block of {floats} numbers, got a change {at} numbers behind its end. An op writes too far.");
        }
    }

    private static void Fill(int* numbers, long count)
    {
        for (long done = 0; done < count; done += int.MaxValue)
        {
            new Span<int>(numbers + done, (int)Math.Min(int.MaxValue, count - done)).Fill(Mark);
        }
    }
}
