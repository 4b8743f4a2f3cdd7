namespace Graft.Data.Samplers;

/// <summary>Draws the rows in their own order, again and again.</summary>
[Named("sequential")]
public sealed class SequentialSampler : Sampler
{
    /// <inheritdoc/>
    public override IndexStream Over(SampledRows rows, ulong seed, string path) => new Stream(rows.Count);

    /// <inheritdoc/>
    public override string ToString() => "SequentialSampler";

    private sealed class Stream(int count) : IndexStream(count)
    {
        private protected override int At(long position) => (int)(position % EpochLength);
    }
}
