using System.Globalization;

namespace Graft.Models.Formats;

/// <summary>Reads all numbers of a tensor, row-major.</summary>
/// <param name="into">Gets them; as long as there are numbers.</param>
/// <exception cref="GraftInputException">The file they come from is damaged there, or has changed.</exception>
public delegate void NumberReader(Span<float> into);

/// <summary>Numbers of one tensor as a file holds them; in memory, or still in the file until they are wanted.</summary>
public sealed record NamedArray
{
    private readonly NumberReader? _read;
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

    /// <inheritdoc/>
    public override string ToString() => $"{Type} {ShapeText}";
}
