using Graft.Tensors;

namespace Graft.Data.Loading;

/// <summary>Every row once, in order and unchanged: for evaluation and prediction.</summary>
public sealed class SequentialBatches
{
    private readonly Staging _staging;
    private readonly int[] _order;
    private readonly int _batchSize;
    private readonly Batch _batch = new();
    private int _next;

    /// <param name="rows">What to load.</param>
    /// <param name="batchSize">Rows a batch, B; at least 1.</param>
    public SequentialBatches(LabeledRows rows, int batchSize)
    {
        Rows = rows;
        _batchSize = Math.Min(Check.AtLeast(1, batchSize), Math.Max(1, rows.Count));
        _staging = new Staging(rows, _batchSize);
        _order = [.. Enumerable.Range(0, rows.Count)];
    }

    /// <summary>What is loaded.</summary>
    public LabeledRows Rows { get; }

    /// <summary>The next batch, or null after the last one; always the same object, with tensors for the current step or scope.</summary>
    /// <exception cref="GraftInputException">A row cannot be read; file and row are named.</exception>
    public Batch? Next()
    {
        int count = Math.Min(_batchSize, Rows.Count - _next);
        if (count == 0)
        {
            return null;
        }

        _staging.Choose(_order.AsSpan(_next, count), (ulong)_next);
        _staging.Encode();
        _staging.Deliver(_batch);
        _next += count;
        return _batch;
    }

    /// <summary>Begins again with the first row.</summary>
    public void Restart() => _next = 0;
}
