using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>How the gradient of 3 x 3 kernels is cut; the order of summation depends on it.</summary>
/// <param name="Image">Image channels of a task, at most.</param>
/// <param name="Result">Result channels of a task, at most.</param>
/// <param name="Tiles">Tiles that are transformed at a time, at most.</param>
/// <param name="Parts">Tasks wanted; where there are fewer rectangles of channels, tiles are summed in parts.</param>
internal readonly record struct WinogradChunks(int Image, int Result, int Tiles, int Parts)
{
    public static WinogradChunks Default => new(128, 128, 32, 16);
}

/// <summary>The gradient of 3 x 3 kernels, summed over tiles in the space of the transform.</summary>
/// <remarks>
/// <para>A task is a rectangle of the gradient, image channels x result channels, and a part of the tiles. Chunk by chunk it transforms its
/// tiles of image and result, and adds their products to one matrix for each of the 36 points; at its end it transforms these
/// sums back into nine. Nothing else is shared: neighbors transform the same tiles again, which is little beside their products.</para>
/// <para>Where there are few rectangles, a number of parts, fixed by the shape, write gradients of their own, and these are
/// added in order.</para>
/// </remarks>
internal unsafe struct WinogradGradient<V> : IJob
    where V : struct, IVec<V>
{
    // Parts of fewer tiles cost more in transforms than they are worth.
    private const int LeastTiles = 96;

    private ConvShape _s;
    private float* _x;
    private float* _dy;
    private float* _to;
    private bool _accumulate;
    private int _down;
    private int _across;
    private int _rows;
    private int _rowSize;
    private int _columns;
    private int _columnSize;
    private int _parts;
    private int _chunk;

    private readonly int Tiles => _s.N * _down * _across;

    public static void Run(in ConvShape s, float* x, float* dy, float* dw, bool accumulate, WinogradChunks cut)
    {
        int width = 2 * V.Width, panels = (s.Cout + width - 1) / width;
        var g = new WinogradGradient<V>
        {
            _s = s,
            _x = x,
            _dy = dy,
            _to = dw,
            _accumulate = accumulate,
            _down = (s.OutH + Winograd.Tile - 1) / Winograd.Tile,
            _across = (s.OutW + Winograd.Tile - 1) / Winograd.Tile,
            _rows = (s.Cin + cut.Image - 1) / cut.Image,
            _columns = (panels + Math.Max(1, cut.Result / width) - 1) / Math.Max(1, cut.Result / width),
        };
        g._rowSize = (s.Cin + g._rows - 1) / g._rows;
        g._columnSize = (panels + g._columns - 1) / g._columns * width;
        g._columns = (s.Cout + g._columnSize - 1) / g._columnSize;
        int rectangles = g._rows * g._columns;
        g._parts = Math.Clamp(cut.Parts / rectangles, 1, Math.Max(1, g.Tiles / LeastTiles));
        g._chunk = cut.Tiles;
        if (g._parts == 1)
        {
            Team.For(rectangles, ref g);
            return;
        }

        g._to = Workspace.Get(Workspace.Slot.Partial, g._parts * s.WeightSize);
        g._accumulate = false;
        Team.For(rectangles * g._parts, ref g);
        PartialSums.Add<V>(g._to, g._parts, s.WeightSize, dw, accumulate);
    }

    public readonly void Run(int index)
    {
        int part = index % _parts, rectangle = index / _parts;
        int row = rectangle / _columns * _rowSize, rows = Math.Min(_rowSize, _s.Cin - row);
        int column = rectangle % _columns * _columnSize, columns = Math.Min(_columnSize, _s.Cout - column);
        if (rows <= 0)
        {
            return;
        }

        int first = (int)((long)Tiles * part / _parts), last = (int)((long)Tiles * (part + 1) / _parts);
        int width = 2 * V.Width, panels = (columns + width - 1) / width, chunks = (last - first + _chunk - 1) / _chunk;
        nint point = ((nint)rows * width) + 16, panel = Winograd.Points * point;
        float* sums = Workspace.Get(Workspace.Slot.TileProducts, panels * panel);
        for (int i = 0; i < chunks; i++)
        {
            int from = first + (int)((long)(last - first) * i / chunks), to = first + (int)((long)(last - first) * (i + 1) / chunks);
            Chunk(from, to - from, row, rows, column, columns, sums, point, i > 0);
        }

        nint matrix = (nint)_s.Cin * _s.Cout;
        float* target = _to + (part * _s.WeightSize) + ((nint)row * _s.Cout) + column;
        for (int i = 0; i < panels; i++)
        {
            int wide = Math.Min(width, columns - (i * width));
            WinogradTransform<V>.WeightGradient(
                sums + (i * panel), point, rows, wide, Pack.PanelWidth<V>(wide), target + (i * width), matrix, _s.Cout, _accumulate);
        }
    }

    /// <summary>Where the pixels lie that a tile sees, and its places in the result's gradient, from the rectangle's channels on.</summary>
    private readonly void Look(int tile, int row, int column, float* zeros, float** pixels, float** places)
    {
        int picture = tile / _across / _down, y = tile / _across % _down * Winograd.Tile, x = tile % _across * Winograd.Tile;
        Winograd.Pixels(_x + row, picture, _s.H, _s.W, _s.Cin, y - _s.PadH, x - _s.PadW, Winograd.Side, zeros, pixels);
        Winograd.Pixels(_dy + column, picture, _s.OutH, _s.OutW, _s.Cout, y, x, Winograd.Tile, zeros, places);
    }

    /// <summary>Adds the products of some tiles to a rectangle's sums, or begins them.</summary>
    private readonly void Chunk(int first, int count, int row, int rows, int column, int columns, float* sums, nint nextSum, bool accumulate)
    {
        int width = 2 * V.Width, panels = (columns + width - 1) / width, channels = Math.Max(_s.Cin, _s.Cout) + V.Width;
        int rowFloats = ((rows + V.Width - 1) / V.Width * V.Width) + 16;
        nint nextImage = (nint)count * rowFloats, nextGradient = ((nint)count * width) + 16;
        float* zeros = Workspace.Get(Workspace.Slot.TileImage, channels + 16 + (Winograd.Points * nextImage));
        float* image = zeros + ((channels + 15) / 16 * 16);
        float* gradient = Workspace.Get(Workspace.Slot.TileGradient, panels * Winograd.Points * nextGradient);
        new Span<float>(zeros, channels).Clear();
        float** pixels = stackalloc float*[2 * Winograd.Points], pixelsAhead = pixels + Winograd.Points;
        float** places = stackalloc float*[2 * Winograd.Tile * Winograd.Tile], placesAhead = places + (Winograd.Tile * Winograd.Tile);
        Look(first, row, column, zeros, pixelsAhead, placesAhead);
        for (int i = 0; i < count; i++)
        {
            float** seen = pixels, written = places;
            pixels = pixelsAhead;
            places = placesAhead;
            pixelsAhead = seen;
            placesAhead = written;
            Look(Math.Min(first + i + 1, Tiles - 1), row, column, zeros, pixelsAhead, placesAhead);
            WinogradTransform<V>.Image(pixels, pixelsAhead, rows, image + ((nint)i * rowFloats), nextImage);
            for (int p = 0; p < panels; p++)
            {
                int wide = Pack.PanelWidth<V>(Math.Min(width, columns - (p * width)));
                WinogradTransform<V>.Gradient(
                    places, placesAhead, p * width, wide, gradient + (p * Winograd.Points * nextGradient) + ((nint)i * wide), nextGradient);
            }
        }

        int height = MicroKernel<V>.MaxRows, tiles = (rows + height - 1) / height;
        Tile t = default;
        t.OuterCount = 1;
        t.InnerCount = count;
        t.StrideRowA = sizeof(float);
        t.StrideA = rowFloats * sizeof(float);
        t.Accumulate = accumulate;
        t.Fetch = true;
        for (int i = 0; i < panels * Winograd.Points; i++)
        {
            t.Columns = Pack.PanelWidth<V>(Math.Min(width, columns - (i / Winograd.Points * width)));
            t.StrideB = t.Columns * sizeof(float);
            t.StrideRowC = t.StrideB;
            t.B = (byte*)(gradient + (i * nextGradient));
            float* a = image + (i % Winograd.Points * nextImage), c = sums + (i * nextSum);
            int m = 0;
            for (int j = 1; j <= tiles; j++)
            {
                int next = (int)((long)rows * j / tiles);
                t.A = (byte*)(a + m);
                t.C = (byte*)c + (m * t.StrideRowC);
                MicroKernel<V>.Run(next - m, t.Columns / V.Width, &t);
                m = next;
            }
        }
    }
}
