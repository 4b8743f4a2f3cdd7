using Graft.Tensors.Autograd;

namespace Graft.Tensors.Ops;

/// <summary>Checks what an op is given.</summary>
internal static class Operand
{
    /// <summary>The body of a tensor of floating point numbers.</summary>
    public static Node Float(Tensor tensor, string operation)
    {
        Tape.Current.Settle();
        return InPlace(tensor, operation);
    }

    /// <summary>The same for what makes no tensor: a step that has ended is left as it is.</summary>
    public static Node InPlace(Tensor tensor, string operation)
    {
        Node node = tensor.Node;
        return node.Type == ElementType.Float32
            ? node
            : throw new ShapeException(operation, "floating point numbers", $"integers {node.Shape}", "Convert with ToFloat().");
    }

    /// <summary>The body of a tensor of integers, contiguous.</summary>
    public static Node Integer(Tensor tensor, string operation)
    {
        Tape.Current.Settle();
        Node node = tensor.Node;
        if (node.Type != ElementType.Int32)
        {
            throw new ShapeException(operation, "integers", $"floating point numbers {node.Shape}", "Make them with Tensor.From(int[], shape).");
        }

        return node.IsContiguous ? node : tensor.Contiguous().Node;
    }
}
