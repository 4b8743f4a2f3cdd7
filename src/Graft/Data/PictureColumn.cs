namespace Graft.Data;

/// <summary>A picture for every row, decoded when it is read.</summary>
public sealed class PictureColumn : Column
{
    private readonly Func<int, Picture?> _read;
    private readonly Func<int, UInt128>? _content;
    private readonly int[]? _rows;

    /// <param name="name">The column's name.</param>
    /// <param name="count">Number of rows; at least 0.</param>
    /// <param name="read">Gives the picture of a row, the same one every time; null where it is missing. Called from several threads.</param>
    /// <param name="content">
    /// Gives 128 bits that are the same for the same picture and differ for others, without decoding it, such as a hash of its file; null where the source has nothing
    /// cheaper than the picture. Called from several threads.
    /// </param>
    public PictureColumn(string name, int count, Func<int, Picture?> read, Func<int, UInt128>? content = null)
        : this(name, count, read, content, null)
    {
    }

    private PictureColumn(string name, int count, Func<int, Picture?> read, Func<int, UInt128>? content, int[]? rows)
        : base(name, count)
    {
        _read = read;
        _content = content;
        _rows = rows;
    }

    /// <summary>Whether pictures can be told apart without decoding them.</summary>
    public bool KnowsContent => _content is not null;

    /// <summary>128 bits that tell the picture of a row from others.</summary>
    /// <param name="row">0-based row.</param>
    /// <exception cref="InvalidOperationException">The source knows nothing but the picture.</exception>
    public UInt128 Content(int row) => _content is null
        ? throw new InvalidOperationException($"{Name}: expected a source that knows its pictures' contents, got one that does not.")
        : _content(_rows is null ? row : _rows[row]);

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

        return new PictureColumn(Name, taken.Length, _read, _content, taken);
    }

    /// <inheritdoc/>
    public override Column Rename(string name) => new PictureColumn(name, Count, _read, _content, _rows);
}
