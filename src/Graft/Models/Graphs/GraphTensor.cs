using System.Globalization;

namespace Graft.Models.Graphs;

/// <summary>Constant numbers of a graph: either floating point numbers or integers.</summary>
public sealed class GraphTensor
{
    /// <param name="sizes">The sizes of the axes, outermost first; none for one number.</param>
    /// <param name="values">Row-major, as many as the product of the sizes. Kept, not copied.</param>
    /// <exception cref="ArgumentException">Their number does not fit the sizes.</exception>
    public GraphTensor(IReadOnlyList<int> sizes, float[] values)
        : this(sizes, values.Length) => Values = values;

    /// <param name="sizes">The sizes of the axes, outermost first; none for one number.</param>
    /// <param name="integers">Row-major, as many as the product of the sizes; truths are 0 and 1. Kept, not copied.</param>
    /// <exception cref="ArgumentException">Their number does not fit the sizes.</exception>
    public GraphTensor(IReadOnlyList<int> sizes, long[] integers)
        : this(sizes, integers.Length) => Integers = integers;

    private GraphTensor(IReadOnlyList<int> sizes, int count)
    {
        long expected = sizes.Aggregate(1L, (a, b) => checked(a * b));
        Sizes = expected == count && sizes.All(s => s >= 0)
            ? sizes
            : throw new ArgumentException(string.Create(CultureInfo.InvariantCulture, $"GraphTensor: expected {expected} numbers for [{string.Join(", ", sizes)}], got {count}."), nameof(sizes));
    }

    /// <summary>The sizes of the axes, outermost first; empty for one number.</summary>
    public IReadOnlyList<int> Sizes { get; }

    /// <summary>Floating point numbers, row-major; null where they are integers.</summary>
    public float[]? Values { get; }

    /// <summary>Integers, row-major; null where they are floating point numbers.</summary>
    public long[]? Integers { get; }

    /// <summary>Numbers in it.</summary>
    public int Count => Values?.Length ?? Integers!.Length;

    /// <inheritdoc/>
    public override string ToString() => $"{(Values is null ? "integers" : "numbers")} [{string.Join(", ", Sizes)}]";
}
