using Graft.Tensors.Memory;

namespace Graft.Tensors.Kernels;

/// <summary>Reads the gradients behind a rectifier once, turns them so that the numbers of all slots lie side by side, and keeps what passed.</summary>
internal unsafe struct RectifiedCollection<V>
    where V : struct, IVec<V>
{
    private const int Together = RectifiedTerms.Together;

    // Outputs that are turned at once: a few lines of memory of each slot.
    private const int Chunk = 4 * Together;

    public RectifiedLayer Layer;

    /// <summary>Get filled.</summary>
    public RectifiedTerms Terms;

    /// <summary>One task for some neighboring rows.</summary>
    public readonly int Tasks => Terms.Values == null ? 0 : (Layer.Rows + Together - 1) / Together;

    public readonly void Run(int index)
    {
        int last = Math.Min(Layer.Rows, (index + 1) * Together);
        float* turned = Workspace.Get(Workspace.Slot.PackedA, (Chunk * Terms.Stride) + V.Width);
        for (int n = index * Together; n < last; n++)
        {
            Collect(n, n + 1 < last, turned);
        }
    }

    private readonly void Collect(int row, bool hasNext, float* turned)
    {
        int outputs = Layer.Outputs, stride = Terms.Stride, found = 0;
        int* places = Terms.PlacesOf(row), ends = Terms.EndsOf(row);
        float* values = Terms.ValuesOf(row), passed = Layer.Y + ((nint)row * outputs), d = Layer.D + ((nint)row * outputs);
        for (int from = 0; from < outputs; from += Chunk)
        {
            int width = Math.Min(Chunk, outputs - from);
            if (hasNext)
            {
                Ask(d + outputs + from, width);
            }

            TransposeBlock.All(d + from, Layer.DistanceD, Layer.Slots, width, turned, stride);
            for (int o = 0; o < width; o++)
            {
                if (o % Together == 0)
                {
                    *ends++ = found;
                }

                // Written in any case, without a branch that nobody could foresee, and overwritten where it does not count.
                Terms.Copy<V>(turned + ((nint)o * stride), values + ((nint)found * stride));
                places[found] = (from + o) * RectifiedPanels<V>.Wide;
                found += RectifiedLayer.Passes(passed + from + o);
            }
        }

        *ends = found;
    }

    // The same of the next row is wanted in a while.
    private readonly void Ask(float* d, int width)
    {
        for (int k = 0; k < Layer.Slots; k++, d += Layer.DistanceD)
        {
            for (int o = 0; o < width; o += Together)
            {
                Prefetch.Near(d + o);
            }
        }
    }
}
