using Graft.Tensors.Autograd;

namespace Graft.Tensors.Ops;

/// <summary>Brings operands of picture ops into the layout that the kernels read; costs nothing where they have it.</summary>
internal static class PictureLayout
{
    /// <summary>A tensor [B, C, H, W] whose memory is [B, H, W, C].</summary>
    public static Node ChannelsLast(Tensor pictures, string operation)
    {
        Node x = Operand.Float(pictures, operation);
        return x.Shape.Rank != 4
            ? throw new ShapeException(operation, "input [B, C, H, W]", x.Shape.ToString())
            : Laid(x, x.Shape.ChannelsLast());
    }

    /// <summary>A tensor [B, C, ...] whose memory is [B, ..., C].</summary>
    public static Node RowsOfChannels(Tensor tensor, string operation)
    {
        Node x = Operand.Float(tensor, operation);
        return x.Shape.Rank < 2
            ? throw new ShapeException(operation, "input [B, C, ...]", x.Shape.ToString())
            : Laid(x, x.Shape.ChannelsLast());
    }

    /// <summary>A weight [O, I, H, W] whose memory is [H, W, I, O].</summary>
    public static Node OutputLast(Node weight)
    {
        Shape shape = weight.Shape;
        Dims strides = default;
        strides[0] = 1;
        strides[1] = shape[0];
        strides[3] = shape[0] * shape[1];
        strides[2] = strides[3] * shape[3];
        return Laid(weight, strides);
    }

    private static Node Laid(Node x, in Dims strides)
    {
        for (int i = 0; i < x.Shape.Rank; i++)
        {
            if (x.Strides[i] != strides[i] && x.Shape.Sizes[i] != 1)
            {
                return CopyOperation.Apply(x, strides).Node;
            }
        }

        return x;
    }
}
