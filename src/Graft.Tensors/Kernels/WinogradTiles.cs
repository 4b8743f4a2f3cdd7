using Graft.Tensors.Threading;

namespace Graft.Tensors.Kernels;

/// <summary>A 3 x 3 convolution by tiles of 4 x 4 results, forward and backward to the image.</summary>
/// <remarks>
/// <para>A task is a block of tiles and a share of the target channels. It transforms its tiles of the image into one matrix
/// [tiles, source channels] for each of the 36 points. For each panel of target channels it multiplies these by the transformed
/// kernels, on the micro-kernel, and transforms the products back into results: what lies between stays in the cache.</para>
/// <para>Small kernels come transformed. Large ones would grow to four times their size and have to be fetched from memory by every
/// block; there, a task transforms each panel itself when it needs it, and blocks are large. Where tiles are few as well, <see cref="WinogradFew{V}"/> does it without storing them.</para>
/// </remarks>
internal unsafe struct WinogradTiles<V> : IJob
    where V : struct, IVec<V>
{
    public float* Source;
    public int SourceHeight;
    public int SourceWidth;
    public float* Target;
    public int TargetHeight;
    public int TargetWidth;
    public int Images;

    /// <summary>Rows and columns of zeros before the source.</summary>
    public int PadH;
    public int PadW;

    /// <summary>The kernels; where <see cref="WinogradWeights{V}.To"/> is null, each task transforms them.</summary>
    public WinogradWeights<V> Weights;

    /// <summary>Added to every place, one number a target channel; or null.</summary>
    public float* Bias;

    /// <summary>Laid out like the target, or null; may be the target.</summary>
    public float* Residual;
    public Activation Activation;

    /// <summary>Bytes of transformed tiles that a task should not exceed.</summary>
    public int BlockBytes;

    private int _down;
    private int _across;
    private int _blocks;
    private int _parts;

    private readonly int Tiles => Images * _down * _across;

    /// <summary>Floats from a tile to the next: whole registers, and never a power of two.</summary>
    private readonly int RowFloats => (Weights.Depth + V.Width - 1) / V.Width * V.Width + 16;

    /// <summary>Runs everything on the team.</summary>
    /// <remarks>No element depends on how tiles and channels are cut, so that may follow the number of threads.</remarks>
    public void RunAll()
    {
        _down = (TargetHeight + Winograd.Tile - 1) / Winograd.Tile;
        _across = (TargetWidth + Winograd.Tile - 1) / Winograd.Tile;
        int threads = Team.Threads, height = MicroKernel<V>.MaxRows, tiles = Tiles;
        int most = Math.Max(1, BlockBytes / (Winograd.Points * RowFloats * sizeof(float)));
        most = most <= height ? most : most / height * height;
        _blocks = (tiles + most - 1) / most;
        int wanted = threads == 1 ? 1 : 2 * threads;
        if (_blocks > 1 && tiles >= wanted * height)
        {
            // As many for each thread.
            _blocks = (_blocks + wanted - 1) / wanted * wanted;
        }

        _parts = Math.Clamp((wanted + _blocks - 1) / _blocks, 1, Weights.Panels);
        Team.For(_blocks * _parts, ref this);
    }

    public readonly void Run(int index)
    {
        int part = index % _parts, block = index / _parts;
        int first = (int)((long)Tiles * block / _blocks), count = (int)((long)Tiles * (block + 1) / _blocks) - first;
        int panels = Weights.Panels, from = panels * part / _parts, to = panels * (part + 1) / _parts;
        nint next = (nint)count * RowFloats;
        float* zeros = Workspace.Get(Workspace.Slot.TileImage, RowFloats + (Winograd.Points * next));
        float* image = zeros + RowFloats;
        new Span<float>(zeros, RowFloats).Clear();
        if (Weights.IsSorted && count <= WinogradFew<V>.MostTiles)
        {
            Few(first, count, zeros, image, from, to);
            return;
        }

        Transform(first, count, zeros, image, next);
        for (int panel = from; panel < to; panel++)
        {
            Panel(panel, first, count, image, next);
        }
    }

    /// <summary>Transforms some tiles of the image.</summary>
    private readonly void Transform(int first, int count, float* zeros, float* image, nint next)
    {
        float** at = stackalloc float*[2 * Winograd.Points], ahead = at + Winograd.Points;
        Pixels(first, zeros, at);
        for (int i = 0; i < count; i++)
        {
            Pixels(Math.Min(first + i + 1, Tiles - 1), zeros, ahead);
            WinogradTransform<V>.Image(at, ahead, Weights.Depth, image + ((nint)i * RowFloats), next);
            float** done = at;
            at = ahead;
            ahead = done;
        }
    }

    /// <summary>Few tiles: a register of target channels after the other, whose kernels are transformed in registers.</summary>
    private readonly void Few(int first, int count, float* zeros, float* image, int from, int to)
    {
        int most = WinogradFew<V>.Together, groups = (count + most - 1) / most, depth = Weights.Depth;
        float* turned = Workspace.Get(Workspace.Slot.Turned, (nint)Winograd.Points * count * depth);
        for (int g = 0, i = 0; g < groups; g++)
        {
            int end = (int)((long)count * (g + 1) / groups), tiles = end - i;
            nint next = (nint)tiles * RowFloats;
            Transform(first + i, tiles, zeros, image, next);
            for (int row = 0; row < Winograd.Side; row++)
            {
                Pack.Transposed(
                    image + (Winograd.Side * row * next), RowFloats, Winograd.Side * tiles, Winograd.Side * tiles, depth,
                    turned + (((nint)Winograd.Points * i) + ((nint)Winograd.Side * row * tiles)) * depth);
            }

            i = end;
        }

        nint point = ((nint)count * V.Width) + 16;
        float* products = Workspace.Get(Workspace.Slot.TileProducts, Winograd.Points * point);
        int block = Math.Min(Winograd.DepthBlock, depth), columns = Math.Min(Weights.Columns, to * 2 * V.Width);
        for (int n = from * 2 * V.Width; n < columns; n += V.Width)
        {
            for (int k = 0; k < depth; k += block)
            {
                float* kernels = Weights.Sorted(Weights.From, n, k);
                for (int g = 0, i = 0; g < groups; g++)
                {
                    int end = (int)((long)count * (g + 1) / groups), tiles = end - i;
                    float* a = turned + ((nint)Winograd.Points * i * depth) + ((nint)Winograd.Side * tiles * k);
                    WinogradFew<V>.Run(
                        tiles, kernels, a, (nint)Winograd.Side * tiles * depth, Math.Min(block, depth - k), products + ((nint)i * V.Width), point, k > 0);
                    i = end;
                }
            }

            Finish(n, Math.Min(V.Width, Weights.Columns - n), V.Width, first, count, products, point);
        }
    }

    /// <summary>Where the pixels lie that a tile sees.</summary>
    private readonly void Pixels(int tile, float* zeros, float** at)
    {
        int y = tile / _across % _down * Winograd.Tile, x = tile % _across * Winograd.Tile;
        Winograd.Pixels(
            Source, tile / _across / _down, SourceHeight, SourceWidth, Weights.Depth, y - PadH, x - PadW, Winograd.Side, zeros, at);
    }

    /// <summary>Floats before a tile's first place.</summary>
    private readonly nint Place(int tile)
    {
        int y = tile / _across % _down * Winograd.Tile, x = tile % _across * Winograd.Tile;
        return (((((nint)(tile / _across / _down) * TargetHeight) + y) * TargetWidth) + x) * Weights.Columns;
    }

    private readonly void Panel(int panel, int first, int count, float* image, nint next)
    {
        int n0 = panel * 2 * V.Width, columns = Math.Min(2 * V.Width, Weights.Columns - n0), width = Weights.PanelWidth(panel);
        nint point = ((nint)count * width) + 16;
        float* products = Workspace.Get(Workspace.Slot.TileProducts, Winograd.Points * point);
        Tile t = default;
        t.OuterCount = 1;
        t.StrideRowA = RowFloats * sizeof(float);
        t.StrideA = sizeof(float);
        t.StrideB = width * sizeof(float);
        t.StrideRowC = width * sizeof(float);
        t.Columns = width;
        if (Weights.To != null)
        {
            t.InnerCount = Weights.Depth;
            Multiply(&t, image, next, Weights.To + (panel * Weights.PanelSize), WinogradWeights<V>.Next(Weights.Depth), products, point, count);
        }
        else
        {
            int block = Math.Min(Winograd.DepthBlock, Weights.Depth);
            nint nextWeights = WinogradWeights<V>.Next(block);
            float* weights = Workspace.Get(Workspace.Slot.TileWeights, Winograd.Points * nextWeights);
            for (int k = 0; k < Weights.Depth; k += block)
            {
                t.InnerCount = Math.Min(block, Weights.Depth - k);
                t.Accumulate = k > 0;
                Weights.Transform(panel, k, (int)t.InnerCount, weights, nextWeights);
                Multiply(&t, image + k, next, weights, nextWeights, products, point, count);
            }
        }

        Finish(n0, columns, width, first, count, products, point);
    }

    /// <summary>Results of all tiles, for a panel of target channels.</summary>
    private readonly void Finish(int n0, int columns, int width, int first, int count, float* products, nint point)
    {
        WinogradResult r = default;
        r.Next = point;
        r.Bias = Bias == null ? null : Bias + n0;
        r.Pixel = Weights.Columns;
        r.Row = (nint)TargetWidth * Weights.Columns;
        r.Channels = columns;
        r.Activation = Activation;
        for (int i = 0; i < count; i++)
        {
            int tile = first + i, y = tile / _across % _down * Winograd.Tile, x = tile % _across * Winograd.Tile;
            nint place = Place(tile) + n0;
            r.From = products + (i * width);
            r.To = Target + place;
            r.Ahead = Target + Place(tile + 1) + n0;
            r.Residual = Residual == null ? null : Residual + place;
            r.Rows = Math.Min(Winograd.Tile, TargetHeight - y);
            r.Columns = Math.Min(Winograd.Tile, TargetWidth - x);
            WinogradResults<V>.Run(&r);
        }
    }

    /// <summary>For each point, products [tiles, width] = image [tiles, depth] · weights [depth, width].</summary>
    private static void Multiply(Tile* t, float* image, nint nextImage, float* weights, nint nextWeights, float* products, nint nextProducts, int count)
    {
        int height = MicroKernel<V>.MaxRows, tiles = (count + height - 1) / height;
        for (int i = 0; i < Winograd.Points; i++)
        {
            t->B = (byte*)(weights + (i * nextWeights));
            int row = 0;
            for (int j = 1; j <= tiles; j++)
            {
                int end = (int)((long)count * j / tiles);
                t->A = (byte*)(image + (i * nextImage)) + (row * t->StrideRowA);
                t->C = (byte*)(products + (i * nextProducts)) + (row * t->StrideRowC);
                MicroKernel<V>.Run(end - row, t->Columns / V.Width, t);
                row = end;
            }
        }
    }
}
