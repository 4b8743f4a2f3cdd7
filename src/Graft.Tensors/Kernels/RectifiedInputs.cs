namespace Graft.Tensors.Kernels;

/// <summary>Gradients of x behind a rectifier: dX_k[n, :] = the sum over the outputs that passed of D_k[n, o] W[o, :].</summary>
/// <remarks>
/// <para>All columns: tiles whose rows are slots and whose lanes are columns. Where x came through a rectifier too, no more is wanted of a row than the columns in which x is positive:
/// then they are picked on the way (<see cref="PickKernel{V}"/>), half of the work again in a usual network, and a few more than a register holds are computed with lanes for slots
/// (<see cref="SlotKernel{V}"/>).</para>
/// <para>All add up the same terms in the same order.</para>
/// </remarks>
internal unsafe struct RectifiedInputs<V>
    where V : struct, IVec<V>
{
    private const int Together = RectifiedTerms.Together;

    // Columns beyond a register that take less time with lanes for slots than as a register of their own.
    private const int MostFew = SlotKernel<W256>.MostColumns;

    public RectifiedLayer Layer;

    public RectifiedTerms Terms;

    public RectifiedPanels<V> Panels;

    /// <summary>Byte offsets of terms that lie one behind the other.</summary>
    public nint* Steps;

    /// <summary>Whether only the columns in which x is positive are computed.</summary>
    public bool IsThin;

    private static int Wide => 2 * V.Width;

    /// <summary>One task for some neighboring rows.</summary>
    public readonly int Tasks => Layer.DX == null ? 0 : (Layer.Rows + Together - 1) / Together;

    public readonly void Run(int index)
    {
        int first = index * Together, count = Math.Min(Together, Layer.Rows - first);
        if (IsThin)
        {
            Some(first, count);
        }
        else
        {
            All(first, count);
        }
    }

    private readonly void All(int first, int count)
    {
        Tile tile = RectifiedTile<V>.New(Steps);
        tile.StrideRowC = Layer.DistanceX * sizeof(float);
        tile.Accumulate = tile.Fetch = Layer.AddX;
        nint* offsets = (nint*)Workspace.Get(Workspace.Slot.Offsets, Together * (nint)Layer.Outputs * (sizeof(nint) / sizeof(float)));
        int blocks = Terms.Blocks;
        for (int i = 0; i < count; i++)
        {
            int* places = Terms.PlacesOf(first + i);
            for (int t = 0; t < Terms.EndsOf(first + i)[blocks]; t++)
            {
                offsets[((nint)i * Layer.Outputs) + t] = (nint)places[t] * sizeof(float);
            }
        }

        for (int strip = 0; strip < Panels.Strips; strip++)
        {
            int column = strip * Wide;
            RectifiedTile<V>.Choose(&tile, Panels.Weights + ((nint)column * Layer.Outputs), Math.Min(Wide, Layer.Inputs - column));
            for (int i = 0; i < count; i++)
            {
                tile.OuterCount = Terms.EndsOf(first + i)[blocks];
                tile.A = (byte*)Terms.ValuesOf(first + i);
                tile.OuterB = offsets + ((nint)i * Layer.Outputs);
                RectifiedTile<V>.Sum(&tile, Layer.Slots, Layer.DX + ((nint)(first + i) * Layer.Inputs) + column);
            }
        }
    }

    private readonly void Some(int first, int count)
    {
        // Of each row the columns that are wanted, each within its panel; how many there are up to each column; and up to the end of each panel. A row is read once, from one end to the other.
        nint padded = Panels.Strips * Wide;
        int* wanted = (int*)Workspace.Get(Workspace.Slot.Turned, 2 * Together * padded), places = wanted + (Together * padded);
        int* ends = stackalloc int[Together * (Panels.Strips + 1)];
        for (int i = 0; i < count; i++)
        {
            Find(Layer.X + ((first + i) * Layer.StrideX), wanted + (i * padded), places + (i * padded), ends + (i * (Panels.Strips + 1)));
        }

        // For each register of columns [slots, lanes]; then [columns, slots] of some.
        float* sums = Workspace.Get(Workspace.Slot.Narrow, (Layer.Slots * (nint)Wide) + (MostFew * Wide));
        ThinTile tile = default;
        for (int strip = 0; strip < Panels.Strips; strip++)
        {
            int column = strip * Wide;
            tile.B = Panels.Weights + ((nint)column * Layer.Outputs);
            for (int i = 0; i < count; i++)
            {
                int* end = ends + (i * (Panels.Strips + 1)) + strip, from = wanted + (i * padded) + end[0];
                int found = end[1] - end[0], few = Layer.AddX || found <= V.Width || found > V.Width + MostFew ? 0 : found - V.Width;
                float* dx = Layer.DX + ((nint)(first + i) * Layer.Inputs) + column;
                for (int done = 0; done < Math.Max(1, found - few); done += V.Width)
                {
                    tile.Columns = from + done;
                    Pick(&tile, first + i, sums + (done * Layer.Slots));
                }

                Spread(sums, found - few > V.Width, places + (i * padded) + column, dx, Math.Min(Wide, Layer.Inputs - column));
                if (few > 0)
                {
                    tile.Columns = from + V.Width;
                    SetFew(&tile, first + i, few, sums, dx);
                }
            }
        }
    }

    // The columns in which a row is positive.
    private readonly void Find(float* x, int* wanted, int* places, int* ends)
    {
        int found = 0;
        for (int strip = 0; strip < Panels.Strips; strip++)
        {
            int start = ends[strip] = found, last = Math.Min(Wide, Layer.Inputs - (strip * Wide));
            for (int j = 0; j < last; j++)
            {
                *wanted = j;
                *places++ = found - start;
                int passes = RectifiedLayer.Passes(x++);
                wanted += passes;
                found += passes;
            }
        }

        ends[Panels.Strips] = found;
    }

    // A register of columns of all slots, as many slots at once as a tile has rows.
    private readonly void Pick(ThinTile* tile, int row, float* sums)
    {
        int groups = (Layer.Slots + MicroKernel<V>.MaxRows - 1) / MicroKernel<V>.MaxRows, from = 0;
        for (int g = 1; g <= groups; g++)
        {
            int to = Layer.Slots * g / groups;
            Terms.Aim(tile, row, from);
            tile->C = sums + (from * V.Width);
            PickKernel<V>.Run(to - from, tile);
            from = to;
        }
    }

    // From one register of columns, or two, to where the columns lie; those not wanted get the sums of others.
    private readonly void Spread(float* sums, bool areTwo, int* places, float* dx, int columns)
    {
        float* more = areTwo ? sums + (V.Width * Layer.Slots) : sums;
        for (int j = 0; j < columns; j += V.Width)
        {
            V lanes = V.Load((float*)places + j);
            int width = Math.Min(V.Width, columns - j);
            for (int k = 0; k < Layer.Slots; k++)
            {
                V v = V.Pick(lanes, V.Load(sums + (k * V.Width)), V.Load(more + (k * V.Width)));
                float* to = dx + (k * Layer.DistanceX) + j;
                if (width == V.Width)
                {
                    V.Store(Layer.AddX ? V.Load(to) + v : v, to);
                }
                else
                {
                    V.StoreFirst(Layer.AddX ? V.LoadFirst(to, width) + v : v, to, width);
                }
            }
        }
    }

    // A few columns beyond a register, where nothing is added to.
    private readonly void SetFew(ThinTile* tile, int row, int count, float* sums, float* dx)
    {
        tile->C = sums;
        for (int slot = 0; slot < Layer.Slots;)
        {
            int lanes = LanesFor(Layer.Slots - slot), slots = Math.Min(Layer.Slots - slot, lanes);
            Terms.Aim(tile, row, slot);
            if (lanes < V.Width)
            {
                SlotKernel<W256>.Run(count, 1, tile);
            }
            else
            {
                SlotKernel<V>.Run(count, lanes / V.Width, tile);
            }

            for (int j = 0; j < count; j++)
            {
                float* to = dx + (slot * Layer.DistanceX) + tile->Columns[j];
                for (int k = 0; k < slots; k++, to += Layer.DistanceX)
                {
                    *to = sums[(j * lanes) + k];
                }
            }

            slot += slots;
        }
    }

    // Lanes for the next slots: one or two registers, or half of a large one where that holds all that are left.
    private static int LanesFor(int slots) =>
        V.Width < 16 ? (slots > V.Width ? 2 : 1) * V.Width : slots <= 8 ? 8 : slots <= 24 ? V.Width : 2 * V.Width;
}
