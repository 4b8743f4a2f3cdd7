namespace Graft.Data;

/// <summary>One named column of a data set: the same kind of value for every row.</summary>
public abstract class Column
{
    private protected Column(string name, int count)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Count = count;
    }

    /// <summary>The column's name; unique in its data set, compared by ordinal.</summary>
    public string Name { get; }

    /// <summary>Number of rows; at least 0.</summary>
    public int Count { get; }

    /// <summary>The kind of value, one word for messages: "number", "category", "vector", "picture", "sequence" or "text".</summary>
    public abstract string Kind { get; }

    /// <summary>Whether the row has no value here.</summary>
    /// <param name="row">0-based row, below <see cref="Count"/>.</param>
    public abstract bool IsMissing(int row);

    /// <summary>The chosen rows, in the order given; a row may be chosen more than once.</summary>
    /// <param name="rows">0-based rows, each below <see cref="Count"/>.</param>
    public abstract Column Take(ReadOnlySpan<int> rows);

    /// <summary>The same values under another name.</summary>
    public abstract Column Rename(string name);
}
