using System.Runtime.CompilerServices;

namespace Graft.Tensors.Kernels;

/// <summary>Copies operands into panels, so that the micro-kernel reads memory in the order in which it lies.</summary>
/// <remarks>
/// A panel holds, for k = 0, 1, .. the numbers of all its columns (or rows, for the left operand) side by side.
/// Whole registers are copied: what lies beyond the last column is read (memory has slack for that) and never used.
/// </remarks>
internal static unsafe class Pack
{
    /// <summary>to[k * panel + j] = from[k * stride + j], j &lt; width.</summary>
    /// <remarks>Where the panel is no multiple of a register, each k overwrites what the one before wrote too much.</remarks>
    public static void Straight<V>(float* from, nint stride, int width, int panel, int depth, float* to)
        where V : struct, IVec<V>
    {
        for (int k = 0; k < depth; k++)
        {
            for (int j = 0; j < width; j += V.Width)
            {
                V.Store(V.Load(from + j), to + j);
            }

            from += stride;
            to += panel;
        }
    }

    /// <summary>All panels of a row-major block at once: each row is read from one end to the other, once.</summary>
    /// <param name="from">Block of so many rows.</param>
    /// <param name="stride">From a row to the next.</param>
    /// <param name="columns">Columns of the block.</param>
    /// <param name="depth">Rows of the block.</param>
    /// <param name="to">Panels of 2 * Width columns, one behind the other; the last is Width wide where that suffices.</param>
    /// <param name="first">Where in the panels the block's first row goes.</param>
    /// <param name="panelDepth">Rows of a panel.</param>
    public static void AllStraight<V>(float* from, nint stride, int columns, int depth, float* to, int first, int panelDepth)
        where V : struct, IVec<V>
    {
        int width = 2 * V.Width, full = columns / width, rest = columns - (full * width);
        nint panel = (nint)width * panelDepth;
        float* row = to + ((nint)first * width);
        for (int k = 0; k < depth; k++, row += width)
        {
            float* s = from + (k * stride);
            float* d = row;
            Prefetch.Near(s + (4 * stride));
            for (int p = 0; p < full; p++)
            {
                V.Store(V.Load(s), d);
                V.Store(V.Load(s + V.Width), d + V.Width);
                s += width;
                d += panel;
            }
        }

        if (rest > 0)
        {
            int narrow = PanelWidth<V>(rest);
            Straight<V>(from + (full * width), stride, rest, narrow, depth, to + (full * panel) + ((nint)first * narrow));
        }
    }

    /// <summary>to[k * panel + j] = from[j * stride + k], j &lt; width: the transposing twin of <see cref="Straight{V}"/>.</summary>
    public static void Transposed(float* from, nint stride, int width, int panel, int depth, float* to) =>
        TransposeBlock.All(from, stride, width, depth, to, panel);

    /// <summary>Panel width for so many columns: one or two registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int PanelWidth<V>(int columns)
        where V : struct, IVec<V> =>
        columns <= V.Width ? V.Width : 2 * V.Width;
}
