using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;

namespace Graft.Tensors;

/// <summary>One piece of memory for all parameters of a model, and one for their gradients.</summary>
/// <remarks>Each parameter begins at a multiple of 16 elements, so neighbors with gradients make one run for an optimizer; what lies between is 0.
/// Gradients that never come, as those of frozen parameters, take no memory: their pages are never written to.</remarks>
internal sealed unsafe class ParameterMemory
{
    public const int Alignment = 16;

    private readonly Block _values;
    private readonly Block _gradients;
    private long _next;

    /// <param name="counts">The number of elements of each parameter, in order.</param>
    public ParameterMemory(IEnumerable<int> counts)
    {
        long total = counts.Sum(c => Padded(c));
        _values = Pool.RentLasting(Math.Max(total, Alignment));
        _gradients = Pool.RentLasting(Math.Max(total, Alignment));
    }

    public static long Padded(int count) => (count + Alignment - 1L) / Alignment * Alignment;

    /// <summary>The next parameter: a leaf with its gradient bound.</summary>
    /// <param name="shape">Its shape.</param>
    /// <param name="outputLast">Whether axis 0 is innermost, then axis 1, then the others from the last on: [in, out], [h, w, in, out].</param>
    public Tensor Next(in Shape shape, bool outputLast)
    {
        var node = new Node
        {
            Shape = shape,
            Strides = outputLast ? OutputLast(shape) : shape.RowMajor(),
            IsPersistent = true,
            Block = _values,
            Data = _values.Data + _next,
            Extra = _gradients,
        };
        node.BindGrad(_gradients.Data + _next);
        _next += Padded(shape.Count);
        return new Tensor(node);
    }

    private static Dims OutputLast(in Shape shape)
    {
        Dims strides = default;
        strides[0] = 1;
        strides[1] = shape[0];
        int stride = shape[0] * shape[1];
        for (int i = shape.Rank - 1; i >= 2; i--)
        {
            strides[i] = stride;
            stride *= shape[i];
        }

        return strides;
    }
}
