namespace Graft.Tensors.Kernels;

/// <summary>Memory that is wanted soon, asked for piece by piece while something else is computed: it comes into the second cache in the meantime.</summary>
/// <remarks>Asked for all at once, it would come no faster than the first numbers of the computation, which then waits behind it.</remarks>
internal unsafe struct FetchAhead
{
    private const int Line = 64;

    private readonly nint _pace;
    private byte* _at;
    private byte* _end;
    private byte* _then;
    private readonly byte* _thenEnd;

    /// <param name="first">Where a piece of memory begins.</param>
    /// <param name="firstFloats">Its size.</param>
    /// <param name="second">Where another begins, asked for afterwards.</param>
    /// <param name="secondFloats">Its size.</param>
    /// <param name="calls">How many calls of <see cref="Next"/> are to ask for all.</param>
    public FetchAhead(float* first, nint firstFloats, float* second, nint secondFloats, int calls)
    {
        _at = (byte*)first;
        _end = (byte*)(first + firstFloats);
        _then = (byte*)second;
        _thenEnd = (byte*)(second + secondFloats);
        nint lines = (((firstFloats + secondFloats) * sizeof(float)) / Line) + 2;
        _pace = (lines + calls - 1) / Math.Max(1, calls);
    }

    /// <summary>Asks for the next lines.</summary>
    public void Next()
    {
        for (nint i = 0; i < _pace; i++, _at += Line)
        {
            if (_at >= _end)
            {
                if (_then >= _thenEnd)
                {
                    return;
                }

                _at = _then;
                _end = _then = _thenEnd;
            }

            Prefetch.Far(_at);
        }
    }
}
