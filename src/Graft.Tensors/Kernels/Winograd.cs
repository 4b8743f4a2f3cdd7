namespace Graft.Tensors.Kernels;

/// <summary>3 x 3 convolutions by minimal filtering: fewer multiplications than the definition has.</summary>
/// <remarks>
/// <para>Lavin &amp; Gray, Fast Algorithms for Convolutional Neural Networks, CVPR 2016, https://arxiv.org/abs/1509.09308, with tiles of
/// 4 x 4 results; <see cref="WinogradLine{V}"/> holds the algebra.</para>
/// <para>A number that is infinite or NaN reaches all results of the tiles that see it, not only those of the windows that hold it.</para>
/// </remarks>
internal static unsafe class Winograd
{
    /// <summary>Rows and columns of results in a tile.</summary>
    public const int Tile = 4;

    /// <summary>Rows and columns of pixels that a tile sees.</summary>
    public const int Side = Tile + 2;

    /// <summary>Products of a tile.</summary>
    public const int Points = Side * Side;

    /// <summary>Weights of a kernel.</summary>
    public const int Taps = 9;

    /// <summary>Source channels of kernels that are transformed where they are used, at a time: so many stay in the cache.</summary>
    public const int DepthBlock = 32;

    // Weights up to this many floats are transformed once, for all tasks.
    private const int SmallWeights = 600_000;

    // Transformed tiles of a task: they stay in the cache, or are so many that transforming the kernels for them pays.
    private const int BlockBytes = 512 * 1024;
    private const int LargeBlockBytes = 5 * 1024 * 1024;

    /// <summary>Whether a convolution takes this way, forward and backward to the image: a property of its map and channels alone, so that a picture gets the same bits in any batch.</summary>
    /// <remarks>
    /// Measured: it wins from 8 channels on, up to three times. Pictures of 2 x 2, which fill a quarter of a tile, lose; 3 x 3 win a little but where one is alone, as do
    /// 5 x 5, which fill two fifths of four tiles.
    /// </remarks>
    public static bool Pays(in ConvShape s) =>
        s is { KH: 3, KW: 3, StrideH: 1, StrideW: 1, DilationH: 1, DilationW: 1, Groups: 1, PadH: <= 2, PadW: <= 2, Cin: >= 8, Cout: >= 8 }
        && (TilesOfPicture(s) == 1 ? s.OutH * s.OutW >= 9 : (long)s.OutH * s.OutW * 3 >= TilesOfPicture(s) * Tile * Tile);

    /// <summary>Whether the gradient of its weights takes this way: it ends in a transform as large as the weights, which so many tiles repay.</summary>
    public static bool PaysForWeights(in ConvShape s) => Pays(s) && s.N * TilesOfPicture(s) >= 12;

    /// <summary>Whether the kernels are transformed before the tasks begin, and therefore worth keeping in that form.</summary>
    /// <remarks>Not for pictures of one tile: where they are few, reading four times the weights takes longer than transforming them.</remarks>
    public static bool IsAhead(in ConvShape s) => s.WeightSize <= SmallWeights && TilesOfPicture(s) > 1;

    /// <summary>Floats of the kernels that <see cref="Forward{V}"/> takes as packed.</summary>
    public static nint PackedSize<V>(in ConvShape s)
        where V : struct, IVec<V>
    {
        var weights = new WinogradWeights<V> { Shape = s };
        return IsAhead(s) ? weights.Panels * weights.PanelSize : weights.SortedSize;
    }

    /// <summary>Kernels in the form that <see cref="Forward{V}"/> takes as packed: transformed, or in the order in which they are.</summary>
    public static void Pack<V>(in ConvShape s, float* w, float* packed)
        where V : struct, IVec<V>
    {
        var weights = new WinogradWeights<V> { Shape = s, From = w, To = packed };
        if (IsAhead(s))
        {
            weights.All();
        }
        else
        {
            weights.Sort();
        }
    }

    /// <summary>y = act(x * w + bias + residual).</summary>
    public static void Forward<V>(
        in ConvShape s, float* x, float* w, float* y, float* bias, Activation activation, float* residual, bool packed,
        int? blockBytes = null)
        where V : struct, IVec<V>
    {
        var tiles = new WinogradTiles<V>
        {
            Source = x,
            SourceHeight = s.H,
            SourceWidth = s.W,
            Target = y,
            TargetHeight = s.OutH,
            TargetWidth = s.OutW,
            Images = s.N,
            PadH = s.PadH,
            PadW = s.PadW,
            Weights = Weights<V>(s, w, backward: false, packed),
            Bias = bias,
            Residual = residual,
            Activation = activation,
            BlockBytes = blockBytes ?? (IsAhead(s) ? BlockBytes : LargeBlockBytes),
        };
        tiles.RunAll();
    }

    /// <summary>dx = act(dy * w, seen from the image + bias), with dx added inside where <paramref name="accumulate"/> is set.</summary>
    public static void BackwardData<V>(
        in ConvShape s, float* dy, float* w, float* dx, bool accumulate, float* bias, Activation activation,
        int? blockBytes = null)
        where V : struct, IVec<V>
    {
        var tiles = new WinogradTiles<V>
        {
            Source = dy,
            SourceHeight = s.OutH,
            SourceWidth = s.OutW,
            Target = dx,
            TargetHeight = s.H,
            TargetWidth = s.W,
            Images = s.N,
            PadH = 2 - s.PadH,
            PadW = 2 - s.PadW,
            Weights = Weights<V>(s, w, backward: true, packed: false),
            Bias = bias,
            Residual = accumulate ? dx : null,
            Activation = activation,
            BlockBytes = blockBytes ?? (IsAhead(s) ? BlockBytes : LargeBlockBytes),
        };
        tiles.RunAll();
    }

    /// <summary>dw = sum over images and positions of x * dy, with dw added where <paramref name="accumulate"/> is set.</summary>
    public static void BackwardWeight<V>(in ConvShape s, float* x, float* dy, float* dw, bool accumulate, WinogradChunks? cut = null)
        where V : struct, IVec<V> =>
        WinogradGradient<V>.Run(s, x, dy, dw, accumulate, cut ?? WinogradChunks.Default);

    /// <summary>The places of a square of pixels, row by row; outside the picture, a row of zeros.</summary>
    public static void Pixels(float* pictures, int picture, int height, int width, int channels, int top, int left, int side, float* zeros, float** at)
    {
        for (int i = top; i < top + side; i++)
        {
            float* row = pictures + ((((nint)picture * height) + i) * width * channels);
            for (int j = left; j < left + side; j++)
            {
                *at++ = (uint)i < (uint)height && (uint)j < (uint)width ? row + ((nint)j * channels) : zeros;
            }
        }
    }

    private static long TilesOfPicture(in ConvShape s) => (long)((s.OutH + Tile - 1) / Tile) * ((s.OutW + Tile - 1) / Tile);

    private static WinogradWeights<V> Weights<V>(in ConvShape s, float* w, bool backward, bool packed)
        where V : struct, IVec<V>
    {
        var weights = new WinogradWeights<V> { Shape = s, Backward = backward, From = w, IsSorted = packed && !IsAhead(s) };
        if (IsAhead(s))
        {
            weights.To = packed ? w : Workspace.Get(Workspace.Slot.Weights, weights.Panels * weights.PanelSize);
            if (!packed)
            {
                weights.All();
            }
        }
        else if (!packed && !backward && s.N * TilesOfPicture(s) <= WinogradFew<V>.MostTiles)
        {
            // Few tiles read them in an order of their own.
            weights.To = Workspace.Get(Workspace.Slot.Weights, weights.SortedSize);
            weights.Sort();
            weights.From = weights.To;
            weights.To = null;
            weights.IsSorted = true;
        }

        return weights;
    }
}
