using Graft.Tensors.Autograd;

namespace Graft.Tensors.Memory;

/// <summary>Neighboring parameters that have gradients, as one row of values and one of gradients.</summary>
/// <remarks>Taking a parameter into a run counts as writing to it: who has the values may change them. What lies between two parameters (each begins at a multiple of 16) is 0 in both rows and belongs to the run; its length is a multiple of 16.</remarks>
internal unsafe struct FlatRun
{
    private float* _values;
    private float* _gradients;
    private int _count;

    public readonly int Count => _count;

    public readonly Span<float> Values => new(_values, _count);

    public readonly Span<float> Gradients => new(_gradients, _count);

    /// <summary>Starts a run at a parameter.</summary>
    /// <returns>False: it has no gradient.</returns>
    public static bool TryBegin(Tensor parameter, out FlatRun run)
    {
        run = default;
        Node node = parameter.Node;
        if (!node.HasGrad)
        {
            return false;
        }

        run._values = node.Data;
        run._gradients = node.Grad;
        run._count = checked((int)ParameterMemory.Padded(node.Count));
        node.Wrote();
        return true;
    }

    /// <summary>Takes a parameter into the run.</summary>
    /// <returns>False: it has no gradient, or does not lie directly behind the run.</returns>
    public bool TryExtend(Tensor parameter)
    {
        Node node = parameter.Node;
        long count = ParameterMemory.Padded(node.Count);
        if (!node.HasGrad || node.Data != _values + _count || node.Grad != _gradients + _count || _count + count > int.MaxValue)
        {
            return false;
        }

        _count += (int)count;
        node.Wrote();
        return true;
    }
}
