namespace Graft.Tensors.Kernels;

/// <summary>Memory that is wanted soon, asked for piece by piece while something else is computed: it comes into the second cache in the meantime.</summary>
/// <remarks>Asked for all at once, it would come no faster than the first numbers of the computation, which then waits behind it.</remarks>
internal unsafe struct FetchAhead
{
    private const int Line = 64;
    private const int MostPieces = 3;

    private fixed long _from[MostPieces];
    private fixed long _to[MostPieces];
    private int _count;
    private int _piece;
    private long _lines;
    private long _pace;

    /// <summary>Adds a piece of memory, to be asked for after those before it; at most three.</summary>
    /// <param name="p">Where it begins.</param>
    /// <param name="floats">Its size.</param>
    public void Add(float* p, nint floats)
    {
        _from[_count] = (long)p;
        _to[_count++] = (long)(p + floats);
        _lines += ((floats * sizeof(float)) / Line) + 1;
    }

    /// <summary>Says how many calls of <see cref="Next"/> are to ask for all.</summary>
    public void In(int calls) => _pace = (_lines + calls - 1) / Math.Max(1, calls);

    /// <summary>Asks for the next lines.</summary>
    public void Next()
    {
        long left = _pace;
        for (; _piece < _count; _piece++)
        {
            long at = _from[_piece], end = Math.Min(_to[_piece], at + (left * Line));
            for (; at < end; at += Line, left--)
            {
                Prefetch.Far((void*)at);
            }

            _from[_piece] = at;
            if (left == 0)
            {
                return;
            }
        }
    }
}
