using Graft.Tensors.Memory;

namespace Graft.Tensors.Kernels;

/// <summary>Gradients of W and b before a rectifier: dW_k[o, :] = the sum over the rows that passed of D_k[n, o] x[n, :], and without x for b.</summary>
/// <remarks>A task gathers the terms of some neighboring outputs, which lie side by side in each row, and then sums them column by column.</remarks>
internal unsafe struct RectifiedWeights<V>
    where V : struct, IVec<V>
{
    private const int Together = RectifiedTerms.Together;

    // Rows whose terms are asked for ahead.
    private const int Ahead = 6;

    public RectifiedLayer Layer;

    /// <summary>Without values where nobody else wants them.</summary>
    public RectifiedTerms Terms;

    public RectifiedPanels<V> Panels;

    /// <summary>Byte offsets of terms that lie one behind the other.</summary>
    public nint* Steps;

    private static int Wide => 2 * V.Width;

    /// <summary>One task for some neighboring outputs.</summary>
    public readonly int Tasks => Layer.DW == null && Layer.DB == null ? 0 : Terms.Blocks;

    public readonly void Run(int index)
    {
        int first = index * Together, count = Math.Min(Together, Layer.Outputs - first);
        int* counts = stackalloc int[Together];
        new Span<int>(counts, Together).Clear();

        // A line more than needed, as in the rows.
        var lists = new Lists { Room = ((nint)Layer.Rows * Terms.Stride) + 16, Places = Layer.Rows + 8, Counts = counts };
        lists.Values = Workspace.Get(Workspace.Slot.PackedA, (Together * lists.Room) + V.Width);
        lists.Offsets = (nint*)Workspace.Get(Workspace.Slot.Offsets, Together * lists.Places * (sizeof(nint) / sizeof(float)));
        if (Terms.Values == null)
        {
            Collect(first, count, lists);
        }
        else
        {
            Gather(index, lists);
        }

        if (Layer.DB != null)
        {
            for (int i = 0; i < count; i++)
            {
                Total(lists.Values + (i * lists.Room), counts[i], Layer.DB + first + i);
            }
        }

        if (Layer.DW != null)
        {
            Sum(lists, first, count);
        }
    }

    private readonly void Gather(int block, in Lists lists)
    {
        int first = block * Together, stride = Terms.Stride;
        for (int n = 0; n < Layer.Rows; n++)
        {
            if (n + Ahead < Layer.Rows)
            {
                Ask(n + Ahead, block);
            }

            int* ends = Terms.EndsOf(n) + block, places = Terms.PlacesOf(n);
            float* values = Terms.ValuesOf(n);
            nint offset = (nint)n * Wide * sizeof(float);
            for (int t = ends[0]; t < ends[1]; t++)
            {
                int i = (int)((uint)places[t] / (uint)Wide) - first, at = lists.Counts[i]++;
                Terms.Copy<V>(values + ((nint)t * stride), lists.Values + (i * lists.Room) + ((nint)at * stride));
                lists.Offsets[(i * lists.Places) + at] = offset;
            }
        }
    }

    // The same from the gradients themselves, where nobody else wants them turned.
    private readonly void Collect(int first, int count, in Lists lists)
    {
        int stride = Terms.Stride;
        float* turned = Workspace.Get(Workspace.Slot.Turned, (Together * Together * stride) + V.Width);
        for (int n = 0; n < Layer.Rows; n += Together)
        {
            int rows = Math.Min(Together, Layer.Rows - n);
            nint at = ((nint)n * Layer.Outputs) + first;
            for (int r = 0; r < rows; r++)
            {
                // The row a block further is wanted in a while.
                for (int k = 0; k < Layer.Slots; k++)
                {
                    Prefetch.Far(Layer.D + at + ((r + Together) * Layer.Outputs) + (k * Layer.DistanceD));
                }

                TransposeBlock.All(Layer.D + at + (r * Layer.Outputs), Layer.DistanceD, Layer.Slots, count, turned + (r * Together * stride), stride);
            }

            for (int i = 0; i < count; i++)
            {
                int found = lists.Counts[i];
                float* from = turned + (i * stride), to = lists.Values + (i * lists.Room), passed = Layer.Y + at + i;
                nint* offsets = lists.Offsets + (i * lists.Places);
                for (int r = 0; r < rows; r++)
                {
                    // Written in any case, without a branch that nobody could foresee, and overwritten where it does not count.
                    Terms.Copy<V>(from + (r * Together * stride), to + ((nint)found * stride));
                    offsets[found] = (nint)(n + r) * Wide * sizeof(float);
                    found += RectifiedLayer.Passes(passed + (r * Layer.Outputs));
                }

                lists.Counts[i] = found;
            }
        }
    }

    // Terms of a row that is wanted in a while.
    private readonly void Ask(int row, int block)
    {
        int* ends = Terms.EndsOf(row) + block, places = Terms.PlacesOf(row);
        float* values = Terms.ValuesOf(row);
        Prefetch.Near(places + ends[0]);
        Prefetch.Near(places + ends[1]);
        for (nint at = (nint)ends[0] * Terms.Stride; at < (nint)ends[1] * Terms.Stride; at += 16)
        {
            Prefetch.Near(values + at);
        }
    }

    // The sums of the terms themselves, one number a slot.
    private readonly void Total(float* terms, int count, float* to)
    {
        float* total = stackalloc float[V.Width];
        int stride = Terms.Stride;
        for (int k = 0; k < Layer.Slots; k += V.Width)
        {
            // Lanes beyond the last slot sum up whatever lies behind; nobody reads them.
            float* term = terms + k;
            V even = V.Zero, odd = V.Zero;
            int t = 0;
            for (; t < count - 1; t += 2, term += 2 * stride)
            {
                even += V.Load(term);
                odd += V.Load(term + stride);
            }

            V.Store(t < count ? even + V.Load(term) + odd : even + odd, total);
            for (int lane = 0; lane < Math.Min(V.Width, Layer.Slots - k); lane++)
            {
                float* place = to + ((k + lane) * Layer.DistanceB);
                *place = (Layer.AddB ? *place : 0) + total[lane];
            }
        }
    }

    private readonly void Sum(in Lists lists, int first, int count)
    {
        Tile tile = RectifiedTile<V>.New(Steps);
        for (int strip = 0; strip < Panels.Strips; strip++)
        {
            int column = strip * Wide;
            RectifiedTile<V>.Choose(&tile, Panels.Inputs + ((nint)column * Layer.Rows), Math.Min(Wide, Layer.Inputs - column));
            if (Layer.OutputsInnermost)
            {
                SumTurned(lists, &tile, first, count, column);
                continue;
            }

            tile.StrideRowC = Layer.DistanceW * sizeof(float);
            for (int i = 0; i < count; i++)
            {
                Aim(lists, &tile, i);
                RectifiedTile<V>.Sum(&tile, Layer.Slots, Layer.DW + ((first + i) * Layer.StrideW) + column);
            }
        }
    }

    // Where outputs lie innermost, the rows of some outputs are turned on their way to memory.
    private readonly void SumTurned(in Lists lists, Tile* tile, int first, int count, int column)
    {
        nint distance = Together * Wide;
        float* rows = Workspace.Get(Workspace.Slot.Narrow, distance * Layer.Slots);
        tile->StrideRowC = distance * sizeof(float);
        tile->Masked = false;
        for (int i = 0; i < count; i++)
        {
            // Asks for the places that are written to in a while, some with each tile.
            for (int k = 0; k < Layer.Slots; k++)
            {
                for (int j = i; j < tile->Columns; j += count)
                {
                    Prefetch.Far(Layer.DW + (k * Layer.DistanceW) + ((column + j) * Layer.StrideW) + first);
                }
            }

            Aim(lists, tile, i);
            RectifiedTile<V>.Sum(tile, Layer.Slots, rows + ((nint)i * Wide));
        }

        for (int k = 0; k < Layer.Slots; k++)
        {
            TransposeBlock.All(rows + (k * distance), Wide, count, tile->Columns, Layer.DW + (k * Layer.DistanceW) + (column * Layer.StrideW) + first, Layer.StrideW);
        }
    }

    private readonly void Aim(in Lists lists, Tile* tile, int output)
    {
        tile->OuterCount = lists.Counts[output];
        tile->A = (byte*)(lists.Values + (output * lists.Room));
        tile->OuterB = lists.Offsets + (output * lists.Places);
    }

    /// <summary>The terms of each output: their numbers, and the byte offsets of their rows in a panel.</summary>
    private struct Lists
    {
        public float* Values;
        public nint* Offsets;
        public int* Counts;
        public nint Room;
        public nint Places;
    }
}
