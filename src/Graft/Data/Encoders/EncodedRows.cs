namespace Graft.Data.Encoders;

/// <summary>A data set seen through a fitted encoder: every row as numbers of one shape.</summary>
/// <remarks>Reading is safe from several threads. Nothing but the tokens of texts is kept: a row is encoded when it is read.</remarks>
public sealed class EncodedRows
{
    private readonly BoundColumn[] _columns;
    private readonly int[] _ends;

    internal EncodedRows(Dataset rows, InputShape shape, BoundColumn[] columns, int[] ends, IReadOnlyList<string> notices)
    {
        Rows = rows;
        Shape = shape;
        Notices = notices;
        _columns = columns;
        _ends = ends;
    }

    /// <summary>The rows as they were read.</summary>
    public Dataset Rows { get; }

    /// <summary>The shape of one encoded row.</summary>
    public InputShape Shape { get; }

    /// <summary>Number of rows.</summary>
    public int Count => Rows.Count;

    /// <summary>What was not as in training, a line each: unseen levels, sequences that were cut.</summary>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>Encodes one row.</summary>
    /// <param name="row">0-based row.</param>
    /// <param name="destination">Length of <see cref="Shape"/>, such as H x W x C.</param>
    public void Encode(int row, Span<float> destination)
    {
        int start = 0;
        for (int i = 0; i < _columns.Length; i++)
        {
            _columns[i].Write(row, destination[start.._ends[i]]);
            start = _ends[i];
        }
    }

    /// <summary>Encodes all rows.</summary>
    /// <returns>Row-major, [rows, length of a row].</returns>
    public float[] EncodeAll()
    {
        int length = Shape.Length;
        var all = new float[checked(Count * length)];
        for (int row = 0; row < Count; row++)
        {
            Encode(row, all.AsSpan(row * length, length));
        }

        return all;
    }

    /// <summary>Steps or tokens of a row before what fills it up: at most T; 1 for what has none.</summary>
    public int Steps(int row) => _columns[0].Steps?.Invoke(row) ?? 1;
}
