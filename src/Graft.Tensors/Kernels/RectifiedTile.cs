namespace Graft.Tensors.Kernels;

/// <summary>Tiles of the <see cref="MicroKernel{V}"/> whose rows are slots and whose steps go from one term to the next.</summary>
internal static unsafe class RectifiedTile<V>
    where V : struct, IVec<V>
{
    /// <summary>A tile whose terms lie one behind the other.</summary>
    /// <param name="steps">Byte offsets of the terms.</param>
    public static Tile New(nint* steps)
    {
        Tile tile = default;
        tile.InnerCount = 1;
        tile.OuterA = steps;
        tile.StrideRowA = sizeof(float);
        return tile;
    }

    /// <summary>Chooses a panel of columns.</summary>
    /// <param name="tile">The operands.</param>
    /// <param name="panel">Of rows of two registers.</param>
    /// <param name="columns">Of the panel that exist.</param>
    public static void Choose(Tile* tile, float* panel, int columns)
    {
        tile->B = (byte*)panel;
        tile->Columns = columns;
        tile->Masked = columns != Pack.PanelWidth<V>(columns);
    }

    /// <summary>All slots of a sum, as many at once as a tile has rows.</summary>
    /// <param name="tile">The operands.</param>
    /// <param name="slots">Rows.</param>
    /// <param name="c">The first slot's result.</param>
    public static void Sum(Tile* tile, int slots, float* c)
    {
        int groups = (slots + MicroKernel<V>.MaxRows - 1) / MicroKernel<V>.MaxRows, from = 0;
        byte* a = tile->A;
        for (int g = 1; g <= groups; g++)
        {
            int to = slots * g / groups;
            tile->A = a + (from * sizeof(float));
            tile->C = (byte*)c + (from * tile->StrideRowC);
            MicroKernel<V>.Run(to - from, Pack.PanelWidth<V>(tile->Columns) / V.Width, tile);
            from = to;
        }
    }
}
