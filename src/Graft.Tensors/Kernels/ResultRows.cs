namespace Graft.Tensors.Kernels;

/// <summary>Rows of the gradient of a 3 x 3 convolution's result: as they lie in memory, or computed from the gradient behind a normalization, each once on the way down.</summary>
internal unsafe struct ResultRows<V>
    where V : struct, IVec<V>
{
    private const int Kept = 3;

    private readonly float* _dy;
    private readonly NormSlope _norm;
    private readonly int _height;
    private readonly int _width;
    private readonly nint _floats;
    private readonly float* _zeros;

    // The last rows that were computed, and their numbers; or null where they lie in memory.
    private readonly float* _ring;
    private int _held0;
    private int _held1;
    private int _held2;

    /// <summary>Takes working memory of this thread.</summary>
    /// <param name="s">The convolution.</param>
    /// <param name="dy">The gradient; not used with a normalization.</param>
    /// <param name="norm">The normalization behind the convolution, or none.</param>
    public ResultRows(in ConvShape s, float* dy, in NormSlope norm)
    {
        _dy = dy;
        _norm = norm;
        _height = s.OutH;
        _width = s.OutW;
        _floats = (nint)_width * s.Cout;
        _zeros = Workspace.Get(Workspace.Slot.Row, _floats + V.Width);
        new Span<float>(_zeros, (int)_floats).Clear();
        _held0 = _held1 = _held2 = -1;
        if (norm.X != null)
        {
            _ring = Workspace.Get(Workspace.Slot.Band, (Kept * _floats) + V.Width);
        }
    }

    /// <summary>Floats from the gradient behind the normalization to the normalization's input, both of which are read then; 0 without one.</summary>
    public readonly nint Between => _norm.X == null ? 0 : (nint)(_norm.X - _norm.Dy);

    /// <summary>A row; zeros where there is none. Up to three rows in a run, asked for from one to the next, are valid together.</summary>
    public float* Row(int image, int row)
    {
        if ((uint)row >= (uint)_height)
        {
            return _zeros;
        }

        int number = (image * _height) + row;
        if (_ring == null)
        {
            return _dy + (number * _floats);
        }

        // Rows in use follow each other, so they have different places.
        int place = number % Kept;
        float* to = _ring + (place * _floats);
        ref int held = ref place == 0 ? ref _held0 : ref place == 1 ? ref _held1 : ref _held2;
        if (held != number)
        {
            held = number;
            _norm.Run<V>((nint)number * _width, _width, to, accumulate: false);
        }

        return to;
    }

    /// <summary>Where in memory the row lies that comes into play next.</summary>
    public readonly float* Ahead(int image, int row, float* current) =>
        _norm.X == null ? current + _floats : _norm.Dy + ((((nint)image * _height) + row) * _floats);
}
