namespace Graft.Data;

/// <summary>A picture for every row, decoded when it is read.</summary>
public sealed class PictureColumn : Column
{
    private readonly Func<int, Picture?> _read;
    private readonly int[]? _rows;

    /// <param name="name">The column's name.</param>
    /// <param name="count">Number of rows; at least 0.</param>
    /// <param name="read">Gives the picture of a row, the same one every time; null where it is missing. Called from several threads.</param>
    public PictureColumn(string name, int count, Func<int, Picture?> read)
        : this(name, count, read, null)
    {
    }

    private PictureColumn(string name, int count, Func<int, Picture?> read, int[]? rows)
        : base(name, count)
    {
        _read = read;
        _rows = rows;
    }

    /// <inheritdoc/>
    public override string Kind => "picture";

    /// <summary>Reads and decodes the picture of a row, or null where it is missing.</summary>
    /// <exception cref="GraftInputException">The file is damaged or hostile.</exception>
    public Picture? Read(int row) => _read(_rows is null ? row : _rows[row]);

    /// <inheritdoc/>
    public override bool IsMissing(int row) => false;

    /// <inheritdoc/>
    public override Column Take(ReadOnlySpan<int> rows)
    {
        var taken = new int[rows.Length];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = _rows is null ? rows[i] : _rows[rows[i]];
        }

        return new PictureColumn(Name, taken.Length, _read, taken);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new PictureColumn(name, Count, _read, _rows);
}
