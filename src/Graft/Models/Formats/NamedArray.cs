using System.Globalization;
using Graft.Tensors.Memory;

namespace Graft.Models.Formats;

/// <summary>Reads all numbers of a tensor, row-major.</summary>
/// <param name="into">Gets them; as long as there are numbers.</param>
/// <exception cref="GraftInputException">The file they come from is damaged there, or has changed.</exception>
public delegate void NumberReader(Span<float> into);

/// <summary>Reads some numbers of a tensor, row-major.</summary>
/// <param name="start">0-based place of the first.</param>
/// <param name="into">Gets them; ends within the tensor.</param>
/// <exception cref="GraftInputException">The file they come from is damaged there, or has changed.</exception>
public delegate void NumberPartReader(long start, Span<float> into);

/// <summary>Numbers of one tensor as a file holds them; in memory, or still in the file until they are wanted.</summary>
public sealed record NamedArray
{
    private readonly NumberReader? _read;
    private readonly NumberPartReader? _readPart;
    private float[]? _values;

    /// <param name="sizes">The sizes of the axes, outermost first.</param>
    /// <param name="values">Row-major, as many as the product of the sizes. Kept, not copied.</param>
    public NamedArray(IReadOnlyList<int> sizes, float[] values)
    {
        Sizes = sizes;
        Count = values.Length;
        _values = values;
    }

    /// <param name="sizes">The sizes of the axes, outermost first.</param>
    /// <param name="read">Reads the numbers, each time that they are wanted.</param>
    public NamedArray(IReadOnlyList<int> sizes, NumberReader read)
    {
        Sizes = sizes;
        Count = sizes.Aggregate(1L, (a, b) => checked(a * b));
        _read = read;
    }

    /// <param name="sizes">The sizes of the axes, outermost first.</param>
    /// <param name="readPart">Reads any part of the numbers, each time that it is wanted.</param>
    public NamedArray(IReadOnlyList<int> sizes, NumberPartReader readPart)
        : this(sizes, into => readPart(0, into)) => _readPart = readPart;

    /// <summary>The sizes of the axes, outermost first.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>How many numbers there are.</summary>
    public long Count { get; }

    /// <summary>The numbers, row-major; read from the file the first time, and kept then.</summary>
    /// <exception cref="GraftInputException">The file is damaged there, or has changed.</exception>
    public float[] Values
    {
        get
        {
            if (_values is null)
            {
                var values = new float[Count];
                _read!(values);
                _values = values;
            }

            return _values;
        }
    }

    /// <summary>The type of the numbers in the file, named as in safetensors: F32, BF16, I64 ...</summary>
    public string Type { get; init; } = "F32";

    /// <summary>What a report should say of how it was put together; null for nothing.</summary>
    public string? Note { get; init; }

    /// <summary>Shows numbers from a place on where they lie, in the file or in memory; null where they have to be copied.</summary>
    internal NumberLender? Lend { get; init; }

    /// <summary>Such as "[64, 3, 7, 7]".</summary>
    public string ShapeText => "[" + string.Join(", ", Sizes.Select(s => s.ToString(CultureInfo.InvariantCulture))) + "]";

    /// <summary>Reads the numbers straight to where they are wanted; keeps nothing.</summary>
    /// <param name="destination">As long as <see cref="Count"/>.</param>
    /// <exception cref="ArgumentException">It is not.</exception>
    /// <exception cref="GraftInputException">The file is damaged there, or has changed.</exception>
    public void CopyTo(Span<float> destination)
    {
        if (destination.Length != Count)
        {
            throw new ArgumentException($"CopyTo: expected room for {Count} numbers, got {destination.Length}.", nameof(destination));
        }

        if (_values is not null || _read is null)
        {
            _values.CopyTo(destination);
        }
        else
        {
            _read(destination);
        }
    }

    /// <summary>Reads some of the numbers straight to where they are wanted; where the file gives them only together, all are read and kept.</summary>
    /// <param name="start">0-based place of the first, row-major.</param>
    /// <param name="destination">Ends within the tensor.</param>
    /// <exception cref="ArgumentException">It does not.</exception>
    /// <exception cref="GraftInputException">The file is damaged there, or has changed.</exception>
    public void CopyTo(long start, Span<float> destination)
    {
        if (start < 0 || destination.Length > Count - start)
        {
            throw new ArgumentException($"CopyTo: expected a part within {Count} numbers, got {destination.Length} from {start}.", nameof(start));
        }

        if (_values is null && destination.Length == Count)
        {
            _read!(destination);
        }
        else if (_values is null && _readPart is not null)
        {
            _readPart(start, destination);
        }
        else
        {
            Values.AsSpan((int)start, destination.Length).CopyTo(destination);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Type} {ShapeText}";
}
