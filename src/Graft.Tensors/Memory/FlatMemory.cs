namespace Graft.Tensors.Memory;

/// <summary>A long row of numbers in memory of its own, zero at first; given back when it is garbage.</summary>
/// <remarks>Spans into it are valid as long as this object is reachable: whoever hands them out keeps it alive.</remarks>
internal sealed unsafe class FlatMemory
{
    private readonly Block _block;

    /// <param name="count">Number of floats; at least 0.</param>
    public FlatMemory(long count)
    {
        Count = count;
        _block = Pool.RentLasting(count);
    }

    public long Count { get; }

    /// <summary>A piece of it.</summary>
    public Span<float> Span(long start, int count) => start >= 0 && count >= 0 && start + count <= Count
        ? new Span<float>(_block.Data + start, count)
        : throw new ArgumentOutOfRangeException(nameof(start), start, $"FlatMemory: expected a piece within {Count} numbers, got {count} from {start}.");
}
