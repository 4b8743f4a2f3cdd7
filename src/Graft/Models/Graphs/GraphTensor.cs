using System.Globalization;
using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>Constant numbers of a graph: either floating point numbers or integers.</summary>
public sealed class GraphTensor
{
    private readonly NamedArray? _array;
    private readonly int _count;
    private float[]? _values;

    /// <param name="sizes">The sizes of the axes, outermost first; none for one number.</param>
    /// <param name="values">Row-major, as many as the product of the sizes. Kept, not copied.</param>
    /// <exception cref="ArgumentException">Their number does not fit the sizes.</exception>
    public GraphTensor(IReadOnlyList<int> sizes, float[] values)
        : this(sizes, values.Length) => _values = values;

    /// <param name="sizes">The sizes of the axes, outermost first; none for one number.</param>
    /// <param name="integers">Row-major, as many as the product of the sizes; truths are 0 and 1. Kept, not copied.</param>
    /// <exception cref="ArgumentException">Their number does not fit the sizes.</exception>
    public GraphTensor(IReadOnlyList<int> sizes, long[] integers)
        : this(sizes, integers.Length) => Integers = integers;

    /// <param name="array">Floating point numbers of a file, which are read when they are wanted.</param>
    internal GraphTensor(NamedArray array)
        : this(array.Sizes, (int)array.Count) => _array = array;

    private GraphTensor(IReadOnlyList<int> sizes, int count)
    {
        _count = count;
        long expected = sizes.Aggregate(1L, (a, b) => checked(a * b));
        Sizes = expected == count && sizes.All(s => s >= 0)
            ? sizes
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GraphTensor: expected {expected} numbers for [{string.Join(", ", sizes)}], got {count}."), nameof(sizes));
    }

    /// <summary>The sizes of the axes, outermost first; empty for one number.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Whether its numbers are integers.</summary>
    public bool IsInteger => Integers is not null;

    /// <summary>Floating point numbers, row-major; null where they are integers. Those of a file are read the first time, and kept then.</summary>
    /// <exception cref="GraftInputException">The file is damaged there, or has changed.</exception>
    public float[]? Values => _values ??= _array?.Values;

    /// <summary>Integers, row-major; null where they are floating point numbers.</summary>
    public long[]? Integers { get; }

    /// <summary>Numbers in it.</summary>
    public int Count => _count;

    /// <inheritdoc/>
    public override string ToString() => $"{(IsInteger ? "integers" : "numbers")} [{string.Join(", ", Sizes)}]";
}
