using Graft.Data.Samplers;
using Graft.Data.Transforms;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Loading;

/// <summary>An endless stream of batches for training.</summary>
/// <remarks>
/// <para>Which rows come, and what chance does to them, depends on the seed, the path and the number of the draw alone. What was prepared in advance is
/// therefore not part of the state: after a resume it is made again, the same bit for bit.</para>
/// <para>Rows that are numbers in memory are gathered at once; all others are decoded, changed and encoded in the background, two batches ahead.</para>
/// <para>State: how many batches were delivered.</para>
/// </remarks>
public sealed class Loader : IStateful
{
    private readonly PictureTransform? _augmentation;
    private readonly IndexStream _stream;
    private readonly Staging[] _slots;
    private readonly Task?[] _filling;
    private readonly Batch _batch = new();
    private readonly int[] _chosen;
    private long _delivered, _prepared;

    /// <param name="rows">What to load; at least one row.</param>
    /// <param name="batchSize">Rows a batch, B; at least 1.</param>
    /// <param name="seed">The seed of the training.</param>
    /// <param name="path">Tells the loaders of one training apart, such as "loader/source".</param>
    /// <param name="sampler">In which order, and how often, rows are loaded; null for every row once an epoch, shuffled.</param>
    /// <param name="augmentation">Changes every picture before it is encoded; null for none.</param>
    /// <param name="dropLast">Whether a last batch that is not full is left out; never where it is the only one.</param>
    /// <exception cref="GraftInputException">There is no row.</exception>
    /// <exception cref="ArgumentException">The sampler lacks what it needs, or there is something to do to pictures and the rows are none.</exception>
    public Loader(
        LabeledRows rows, int batchSize, ulong seed, string path = "loader",
        Sampler? sampler = null, PictureTransform? augmentation = null, bool dropLast = false)
    {
        if (rows.Count == 0)
        {
            throw new GraftInputException(rows.Name, "expected at least one row to learn from, got 0.");
        }

        if (augmentation is not null && !rows.HasPictures)
        {
            throw new ArgumentException($"{rows.Name}: expected pictures to augment, got rows of {rows.Shape}. Leave augmentation out.", nameof(augmentation));
        }

        Rows = rows;
        _augmentation = augmentation;
        _stream = (sampler ?? new ShuffledSampler()).Over(rows.ToSample(), seed, path);
        BatchSize = Math.Min(Check.AtLeast(1, batchSize), _stream.EpochLength);
        RandomStream changes = RandomStream.For(seed, path + "/augmentation");
        _slots = [new Staging(rows, BatchSize, augmentation, changes), new Staging(rows, BatchSize, augmentation, changes)];
        _filling = new Task?[_slots.Length];
        _chosen = new int[BatchSize];
        BatchesPerEpoch = dropLast ? _stream.EpochLength / BatchSize : (_stream.EpochLength + BatchSize - 1) / BatchSize;
    }

    /// <summary>What is loaded.</summary>
    public LabeledRows Rows { get; }

    /// <summary>Rows in a full batch, B: what was asked for, or all rows where they are fewer.</summary>
    public int BatchSize { get; }

    /// <summary>Batches in one epoch; at least 1.</summary>
    public int BatchesPerEpoch { get; }

    /// <summary>Epochs that were delivered whole.</summary>
    public long Epoch => _delivered / BatchesPerEpoch;

    /// <summary>The next batch: always the same object, with tensors for the current step.</summary>
    /// <exception cref="GraftInputException">A row cannot be read; file and row are named.</exception>
    public Batch Next()
    {
        int slot = (int)(_delivered % _slots.Length);
        if (_filling[slot] is { } task)
        {
            task.GetAwaiter().GetResult();      // does the work here where no other thread has begun it
            _filling[slot] = null;
        }
        else
        {
            Choose(_slots[slot]);
            _slots[slot].Encode();
        }

        _slots[slot].Deliver(_batch);
        _delivered++;
        PrepareAhead();
        return _batch;
    }

    /// <inheritdoc/>
    public void Save(State state)
    {
        state.Set("rows", Rows.Count);
        state.Set("delivered", _delivered);
    }

    /// <inheritdoc/>
    public void Load(State state)
    {
        long rows = state.Get<long>("rows"), delivered = state.Get<long>("delivered");
        if (rows != Rows.Count || delivered < 0 || delivered > int.MaxValue * (long)BatchesPerEpoch)
        {
            throw new GraftInputException("", $"checkpoint: expected a place in the {Rows.Count} rows of {Rows.Name}, got batch {delivered} of {rows} rows. It belongs to other data.");
        }

        foreach (Task? task in _filling)
        {
            ((IAsyncResult?)task)?.AsyncWaitHandle.WaitOne();
        }

        Array.Clear(_filling);
        _delivered = _prepared = delivered;
    }

    /// <inheritdoc/>
    public override string ToString() => $"Loader({Rows}, {BatchesPerEpoch} batches of {BatchSize})";

    private void PrepareAhead()
    {
        while (_prepared < _delivered + _slots.Length && (_augmentation is not null || !Rows.IsInMemory))
        {
            int slot = (int)(_prepared % _slots.Length);
            Choose(_slots[slot]);
            _filling[slot] = Task.Factory.StartNew(
                static staging => ((Staging)staging!).Encode(), _slots[slot], CancellationToken.None, TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
    }

    private void Choose(Staging staging)
    {
        _stream.Position = (_prepared / BatchesPerEpoch * _stream.EpochLength) + (_prepared % BatchesPerEpoch * BatchSize);
        long first = _stream.Position;
        int count = _stream.FillWithinEpoch(_chosen);
        staging.Choose(_chosen.AsSpan(0, count), (ulong)first);
        _prepared++;
    }
}
