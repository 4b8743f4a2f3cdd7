using Graft.Data.Encoders;
using Graft.Data.Transforms;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Data.Loading;

/// <summary>The rows of one batch as plain numbers: filled on any thread, made into tensors on the thread that trains. Used again and again.</summary>
internal sealed class Staging
{
    private readonly LabeledRows _rows;
    private readonly PictureTransform? _augmentation;
    private readonly RandomStream _random;
    private readonly int[] _chosen, _lengths, _codes;
    private readonly float[][] _numbers;
    private readonly int _room;
    private float[] _input = [];
    private int[] _full = [], _partial = [];
    private int _count, _steps;
    private bool _isInPlace;
    private ulong _firstDraw;

    public Staging(LabeledRows rows, int batchSize, PictureTransform? augmentation = null, RandomStream random = default)
    {
        _rows = rows;
        _augmentation = augmentation;
        _random = random;
        _room = checked(batchSize * rows.Length);
        _chosen = new int[batchSize];
        _lengths = new int[batchSize];
        _codes = new int[batchSize];
        _numbers = [.. rows.Targets.Select(t => t.IsClasses ? [] : new float[batchSize * t.Width])];
    }

    private bool HasLengths => _rows.Shape.HasLengths;

    // Numbers of each row that the batch has: sequences end with the longest of them.
    private int RowLength => HasLengths ? _steps * (_rows.Length / _rows.Shape.Sizes[0]) : _rows.Length;

    /// <summary>Says which rows are to come.</summary>
    /// <param name="rows">At most as many as a batch holds; copied.</param>
    /// <param name="firstDraw">How many rows were drawn before since the training began: chance depends on it alone.</param>
    public void Choose(ReadOnlySpan<int> rows, ulong firstDraw)
    {
        rows.CopyTo(_chosen);
        _count = rows.Length;
        _firstDraw = firstDraw;
    }

    /// <summary>Encodes the chosen rows.</summary>
    public void Encode()
    {
        _steps = 1;
        for (int i = 0; i < _count && HasLengths; i++)
        {
            _lengths[i] = _rows.Steps(_chosen[i]);
            _steps = Math.Max(_steps, _lengths[i]);
        }

        // Rows that are numbers in memory go from there to the tensor, when it is made.
        int length = RowLength;
        _isInPlace = _augmentation is null && _rows.IsInMemory;
        if (_isInPlace)
        {
            return;
        }

        if (_input.Length == 0)
        {
            _input = new float[_room];
        }

        if (_rows.HasPictures && (_augmentation is not null || !_rows.IsInMemory))
        {
            EncodeSideBySide(length);
            return;
        }

        for (int i = 0; i < _count; i++)
        {
            Encode(i, length);
        }
    }

    // Pictures are decoded and scaled on all cores. Each row draws from a stream of its own, so nothing depends on who does which.
    private void EncodeSideBySide(int length) => SideBySide.For(_count, i => Encode(i, length));

    private void Encode(int i, int length)
    {
        Span<float> destination = _input.AsSpan(i * length, length);
        if (_augmentation is null)
        {
            _rows.Read(_chosen[i], destination);
        }
        else
        {
            RandomStream random = _random.At(_firstDraw + (ulong)i);
            _rows.ReadChanged(_chosen[i], _augmentation, ref random, destination);
        }
    }

    /// <summary>Makes tensors for the current step of what was encoded.</summary>
    public void Deliver(Batch batch)
    {
        IReadOnlyList<int> sizes = _rows.Shape.Sizes;
        batch.Rows = RowsOfRightLength();
        Shape shape = _rows.Shape.Kind switch
        {
            InputKind.Picture => [_count, sizes[2], sizes[0], sizes[1]],
            InputKind.Sequence => [_count, _steps, sizes[1]],
            InputKind.Tokens => [_count, _steps],
            _ => [_count, _rows.Length],
        };
        batch.Input = Tensor.ForStep(shape, channelsLast: _rows.Shape.Kind == InputKind.Picture, out Span<float> values);
        if (_isInPlace)
        {
            _rows.ReadAll(_chosen.AsSpan(0, _count), RowLength, values);
        }
        else
        {
            _input.AsSpan(0, values.Length).CopyTo(values);
        }

        batch.Lengths = HasLengths ? Tensor.ForStep(_lengths.AsSpan(0, _count), [_count]) : null;
        if (batch.Targets.Length != _numbers.Length)
        {
            batch.Targets = new Tensor[_numbers.Length];
        }

        for (int t = 0; t < _numbers.Length; t++)
        {
            batch.Targets[t] = Target(_rows.Targets[t], _numbers[t]);
        }
    }

    private Tensor Target(TargetValues target, float[] numbers)
    {
        if (target.ClassCodes is { } codes)
        {
            for (int i = 0; i < _count; i++)
            {
                _codes[i] = codes[_chosen[i]];
            }

            return Tensor.ForStep(_codes.AsSpan(0, _count), [_count]);
        }

        int width = target.Width;
        for (int i = 0; i < _count; i++)
        {
            target.Numbers.Slice(_chosen[i] * width, width).CopyTo(numbers.AsSpan(i * width));
        }

        return Tensor.ForStep(numbers.AsSpan(0, _count * width), [_count, width]);
    }

    // Full batches share one array, those at the end of an epoch another: nothing new in a steady step.
    private int[] RowsOfRightLength()
    {
        ref int[] rows = ref _count == _chosen.Length ? ref _full : ref _partial;
        if (rows.Length != _count)
        {
            rows = new int[_count];
        }

        _chosen.AsSpan(0, _count).CopyTo(rows);
        return rows;
    }
}
