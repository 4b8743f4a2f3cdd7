namespace Graft.Tensors.Kernels;

/// <summary>The factors of <see cref="RectifiedSlots"/>, W and x, in panels of two registers of columns.</summary>
internal unsafe struct RectifiedPanels<V>
    where V : struct, IVec<V>
{
    /// <summary>Panels of columns.</summary>
    public int Strips;

    /// <summary>W in panels [outputs, 2 Width]; or null.</summary>
    public float* Weights;

    /// <summary>x in panels [rows, 2 Width]; or null.</summary>
    public float* Inputs;

    /// <summary>Columns of a panel.</summary>
    public static int Wide => 2 * V.Width;

    /// <summary>One task for each panel.</summary>
    public readonly int Tasks => (Weights == null ? 0 : Strips) + (Inputs == null ? 0 : Strips);

    /// <summary>Packs one panel; those of W come first.</summary>
    public readonly void Pack(in RectifiedLayer layer, int index)
    {
        int first = index % Strips * Wide, columns = Math.Min(Wide, layer.Inputs - first);
        if (Weights == null || index >= Strips)
        {
            Kernels.Pack.Straight<V>(layer.X + first, layer.StrideX, columns, Wide, layer.Rows, Inputs + ((nint)first * layer.Rows));
        }
        else if (layer.OutputsInnermost)
        {
            Kernels.Pack.Transposed(layer.W + (first * layer.StrideW), layer.StrideW, columns, Wide, layer.Outputs, Weights + ((nint)first * layer.Outputs));
        }
        else
        {
            Kernels.Pack.Straight<V>(layer.W + first, layer.StrideW, columns, Wide, layer.Outputs, Weights + ((nint)first * layer.Outputs));
        }
    }
}
