using Graft.Tensors;

namespace Graft.Data.Loading;

/// <summary>Every row once, in order and unchanged: for evaluation and prediction.</summary>
/// <remarks>Rows that are not in memory as numbers are encoded in the background, a batch ahead.</remarks>
public sealed class SequentialBatches
{
    private readonly Staging[] _slots;
    private readonly int[] _order;
    private readonly int _batchSize;
    private Task? _ahead;
    private int _next;

    /// <param name="rows">What to load.</param>
    /// <param name="batchSize">Rows a batch, B; at least 1.</param>
    /// <param name="chosen">The rows that are loaded, in their order; null for all.</param>
    public SequentialBatches(LabeledRows rows, int batchSize, IReadOnlyList<int>? chosen = null)
    {
        Rows = rows;
        _order = [.. chosen ?? Enumerable.Range(0, rows.Count)];
        _batchSize = Math.Min(Check.AtLeast(1, batchSize), Math.Max(1, _order.Length));
        _slots = [new Staging(rows, _batchSize), new Staging(rows, _batchSize)];
    }

    /// <summary>What is loaded.</summary>
    public LabeledRows Rows { get; }

    /// <summary>The last batch that <see cref="Next"/> gave: always the same object.</summary>
    public Batch Current { get; } = new();

    /// <summary>The next batch, or null after the last one; always the same object, with tensors for the current step or scope.</summary>
    /// <exception cref="GraftInputException">A row cannot be read; file and row are named.</exception>
    public Batch? Next()
    {
        if (_next == _order.Length)
        {
            return null;
        }

        Staging staging = _slots[_next / _batchSize % 2];
        if (_ahead is { } task)
        {
            task.GetAwaiter().GetResult();      // does the work here where no other thread has begun it
            _ahead = null;
        }
        else
        {
            Choose(_next).Encode();
        }

        _next = Math.Min(_order.Length, _next + _batchSize);
        if (_next < _order.Length && !Rows.IsInMemory)
        {
            _ahead = Task.Factory.StartNew(
                static staging => ((Staging)staging!).Encode(), Choose(_next), CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }

        staging.Deliver(Current);
        return Current;
    }

    /// <summary>Begins again with the first row.</summary>
    public void Restart()
    {
        ((IAsyncResult?)_ahead)?.AsyncWaitHandle.WaitOne();
        _ahead = null;
        _next = 0;
    }

    private Staging Choose(int first)
    {
        Staging staging = _slots[first / _batchSize % 2];
        staging.Choose(_order.AsSpan(first, Math.Min(_batchSize, _order.Length - first)), (ulong)first);
        return staging;
    }
}
