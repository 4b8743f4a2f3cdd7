using Graft.Tensors;

namespace Graft.Data.Samplers;

/// <summary>An endless stream of row numbers, epoch after epoch.</summary>
/// <remarks>What stands at a position depends on seed, path and position alone, so <see cref="Position"/> is the whole state: set it to go on
/// where a checkpoint was taken. Not for several threads at once.</remarks>
public abstract class IndexStream
{
    private long _position;

    private protected IndexStream(int epochLength) => EpochLength = Check.AtLeast(1, epochLength);

    /// <summary>Rows that an epoch draws.</summary>
    public int EpochLength { get; }

    /// <summary>Rows drawn so far; set it to go on from there.</summary>
    public long Position
    {
        get => _position;
        set => _position = Check.NonNegative(value);
    }

    /// <summary>Epochs that are done.</summary>
    public int Epoch => (int)(_position / EpochLength);

    /// <summary>The next row.</summary>
    public int Next() => At(_position++);

    /// <summary>The next rows; an epoch may end in their midst.</summary>
    public void Fill(Span<int> rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            rows[i] = Next();
        }
    }

    /// <summary>The next rows of this epoch: as many as fit, fewer at its end. At least one.</summary>
    /// <param name="rows">Where they go; at least one place.</param>
    /// <returns>How many were drawn.</returns>
    public int FillWithinEpoch(Span<int> rows)
    {
        int count = (int)Math.Min(Check.AtLeast(1, rows.Length), EpochLength - (_position % EpochLength));
        Fill(rows[..count]);
        return count;
    }

    private protected abstract int At(long position);
}
