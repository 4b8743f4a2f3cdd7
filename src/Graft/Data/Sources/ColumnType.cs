namespace Graft.Data.Sources;

/// <summary>What the cells of a column of text are read as.</summary>
public enum ColumnType
{
    /// <summary>A finite number, a point before its decimals: 12, -0.5, 3e-5.</summary>
    Number,

    /// <summary>One of a set of levels.</summary>
    Category,

    /// <summary>Free text.</summary>
    Text,
}
