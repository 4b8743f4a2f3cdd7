using Graft.Data.Encoders;
using Graft.Data.Samplers;
using Graft.Data.Transforms;
using Graft.Tensors;
using Graft.Tensors.Ops;

namespace Graft.Data.Loading;

/// <summary>Encoded rows with the truths of one task or several: what models learn from and are measured on.</summary>
/// <remarks>
/// Immutable, and safe to read from several threads. A row is encoded when it is first read and then kept as numbers, where all of them fit
/// the memory that was allowed; otherwise it is encoded every time.
/// </remarks>
public sealed class LabeledRows
{
    private readonly EncodedRows? _encoded;
    private readonly PictureColumn? _pictures;
    private readonly PictureEncoder? _pictureEncoder;
    private readonly InputEncoder? _inputs;
    private readonly int[]? _steps;
    private readonly float[]? _cache;
    private readonly bool[]? _isCached;
    private int _cachedCount;

    /// <summary>Rows that are numbers already, such as features of a frozen trunk.</summary>
    /// <param name="name">What messages call them.</param>
    /// <param name="shape">The shape of one row.</param>
    /// <param name="values">Row-major [rows, length of a row]; pictures channels last. Kept, not copied.</param>
    /// <param name="targets">The truths of each task, in its order; as many rows each.</param>
    /// <param name="ids">The rows' numbers in the data set they were taken from; null where they are 0, 1, 2 ...</param>
    /// <param name="steps">For sequences: the steps of each row before the zeros start; null where all are full.</param>
    /// <exception cref="ArgumentException">Counts differ.</exception>
    public LabeledRows(string name, InputShape shape, float[] values, IReadOnlyList<TargetValues> targets, int[]? ids = null, int[]? steps = null)
        : this(name, shape, values.Length / shape.Length, targets, ids)
    {
        if (values.Length % shape.Length != 0 || (steps is not null && steps.Length != Count))
        {
            throw new ArgumentException($"{name}: expected rows of {shape.Length} values and steps for each, got {values.Length} values and {steps?.Length ?? Count} steps.", nameof(values));
        }

        _cache = values;
        _cachedCount = Count;
        _steps = steps;
    }

    /// <summary>Rows of a data set, seen through a fitted encoder.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="inputs">Fitted on the training rows.</param>
    /// <param name="targets">The truths of each task, in its order; as many rows each.</param>
    /// <param name="ids">The rows' numbers in the data set they were taken from; null where they are 0, 1, 2 ...</param>
    /// <param name="cacheBytes">Most memory for encoded rows that are kept; at least 0. Where it does not hold all, none is kept.</param>
    /// <exception cref="ArgumentException">Counts differ.</exception>
    /// <exception cref="GraftInputException">Input columns are missing or of another kind; all findings.</exception>
    public LabeledRows(Dataset rows, InputEncoder inputs, IReadOnlyList<TargetValues> targets, int[]? ids = null, long cacheBytes = 512L << 20)
        : this(rows.Name, inputs.Shape, rows.Count, targets, ids)
    {
        _inputs = inputs;
        _encoded = inputs.Bind(rows);
        _pictureEncoder = inputs.Picture;
        _pictures = _pictureEncoder is null ? null : (PictureColumn)rows[_pictureEncoder.Column];
        long length = (long)Count * Shape.Length;
        if (length * sizeof(float) <= Check.NonNegative(cacheBytes) && length <= Array.MaxLength)
        {
            _cache = new float[length];
            _isCached = new bool[Count];
        }
    }

    private LabeledRows(string name, InputShape shape, int count, IReadOnlyList<TargetValues> targets, int[]? ids)
    {
        Name = name;
        Shape = shape;
        Length = shape.Length;
        Count = count;
        Targets = targets;
        Ids = ids ?? [.. Enumerable.Range(0, count)];
        if (Ids.Count != count || targets.Any(t => t.Count != count))
        {
            throw new ArgumentException($"{name}: expected {count} truths for each task and {count} ids, got {string.Join(", ", targets.Select(t => t.Count))} and {Ids.Count}.", nameof(targets));
        }
    }

    /// <summary>What messages call the rows: a file, a folder, a generator.</summary>
    public string Name { get; }

    /// <summary>The shape of one row.</summary>
    public InputShape Shape { get; }

    /// <summary>Number of rows; at least 0.</summary>
    public int Count { get; }

    /// <summary>The truths of each task, in its order.</summary>
    public IReadOnlyList<TargetValues> Targets { get; }

    /// <summary>The rows' numbers in the data set they were taken from.</summary>
    public IReadOnlyList<int> Ids { get; }

    /// <summary>A weight a row for samplers that draw by weight, at least 0; null for none.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    /// <summary>What was not as in training, a line each: unseen levels, sequences that were cut.</summary>
    public IReadOnlyList<string> Notices => _encoded?.Notices ?? [];

    /// <summary>Whether the rows are pictures that can be changed before they are encoded.</summary>
    public bool HasPictures => _pictures is not null;

    internal int Length { get; }

    /// <summary>Whether every row is numbers in memory by now.</summary>
    internal bool IsInMemory => _cachedCount == Count;

    /// <summary>Steps of a row before the zeros start, 1..T; 1 for what has no lengths.</summary>
    /// <param name="row">0-based row.</param>
    public int Steps(int row) => Math.Max(1, !Shape.HasLengths ? 1 : _steps is not null ? _steps[row] : _encoded?.Steps(row) ?? Shape.Sizes[0]);

    /// <summary>Gives one row as numbers.</summary>
    /// <param name="row">0-based row.</param>
    /// <param name="destination">At most as long as a row, such as H x W x C; a shorter one gets the beginning.</param>
    /// <exception cref="GraftInputException">The row's file is damaged; the row is named.</exception>
    public void Read(int row, Span<float> destination)
    {
        if (_cache is null)
        {
            Encode(row, destination);
            return;
        }

        Span<float> kept = _cache.AsSpan(row * Length, Length);
        if (_isCached is not null && !Volatile.Read(ref _isCached[row]))
        {
            // Two threads that come here at once write the same numbers; only who marks the row counts it.
            Encode(row, kept);
            if (!Interlocked.Exchange(ref _isCached[row], true))
            {
                Interlocked.Increment(ref _cachedCount);
            }
        }

        kept[..destination.Length].CopyTo(destination);
    }

    /// <summary>Gives rows as numbers, one behind the other; only where <see cref="IsInMemory"/>.</summary>
    /// <param name="rows">0-based rows.</param>
    /// <param name="length">Numbers of each row that are given, from its beginning; at most as many as it has.</param>
    /// <param name="destination">As long as all of them.</param>
    internal void ReadAll(ReadOnlySpan<int> rows, int length, Span<float> destination)
    {
        if (length == Length)
        {
            IndexSelectOperation.Select(_cache, Length, rows, destination);
            return;
        }

        for (int i = 0; i < rows.Length; i++)
        {
            _cache.AsSpan(rows[i] * Length, length).CopyTo(destination[(i * length)..]);
        }
    }

    /// <summary>Gives one row as numbers after its picture was changed.</summary>
    /// <param name="row">0-based row.</param>
    /// <param name="change">What is done to the picture; a missing one is left alone.</param>
    /// <param name="random">Where the change draws from.</param>
    /// <param name="destination">As long as a row.</param>
    /// <exception cref="GraftInputException">The row's file is damaged; the row is named.</exception>
    internal void ReadChanged(int row, PictureTransform change, ref Tensors.Random.RandomStream random, Span<float> destination)
    {
        try
        {
            if (_pictures!.Read(row) is { } picture)
            {
                _pictureEncoder!.Encode(change.Apply(picture, ref random), destination);
            }
            else
            {
                destination.Clear();
            }
        }
        catch (GraftInputException e)
        {
            throw WithRow(e, row);
        }
    }

    /// <summary>128 bits that tell a row from others: of its picture's file where that is known, else of its numbers and their length. Together with <see cref="ContentScope"/>.</summary>
    /// <param name="row">0-based row.</param>
    internal UInt128 Content(int row)
    {
        if (_pictures is { KnowsContent: true })
        {
            return _pictures.Content(row);
        }

        if (_cache is not null)
        {
            Read(row, []);
            return ContentHash.Of(ContentHash.Of(_cache.AsSpan(row * Length, Length)), Steps(row), 0);
        }

        float[] numbers = System.Buffers.ArrayPool<float>.Shared.Rent(Length);
        Encode(row, numbers.AsSpan(0, Length));
        UInt128 hash = ContentHash.Of(ContentHash.Of(numbers.AsSpan(0, Length)), Steps(row), 0);
        System.Buffers.ArrayPool<float>.Shared.Return(numbers);
        return hash;
    }

    /// <summary>What lies between a row's content and its numbers: the encoder, where contents are those of files; otherwise nothing.</summary>
    internal string ContentScope => _pictures is { KnowsContent: true } ? _inputs!.ToJson() : "";

    /// <summary>What a sampler may know: the classes are those of the first task that has any, 0 and 1 included.</summary>
    internal SampledRows ToSample() => new(Count, Targets.Select(Classes).FirstOrDefault(c => c is not null), Weights);

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Count} rows, {Shape})";

    private void Encode(int row, Span<float> destination)
    {
        try
        {
            if (destination.Length == Length)
            {
                _encoded!.Encode(row, destination);
                return;
            }

            var whole = new float[Length];
            _encoded!.Encode(row, whole);
            whole.AsSpan(0, destination.Length).CopyTo(destination);
        }
        catch (GraftInputException e)
        {
            throw WithRow(e, row);
        }
    }

    private static int[]? Classes(TargetValues target) => target.ClassCodes
        ?? (target.Width == 1 && Array.TrueForAll(target.RowNumbers!, n => n is 0 or 1 or float.NaN)
            ? [.. target.RowNumbers!.Select(n => float.IsNaN(n) ? -1 : (int)n)]
            : null);

    private GraftInputException WithRow(GraftInputException e, int row) =>
        new([.. e.Findings.Select(f => f with { File = f.File.Length == 0 ? Name : f.File, Message = $"row {Ids[row]}: {f.Message}" })], e);
}
