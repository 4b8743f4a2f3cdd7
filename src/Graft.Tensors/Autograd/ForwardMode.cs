namespace Graft.Tensors.Autograd;

/// <summary>Directional derivatives of several outputs in one pass over the recorded graph, in the order in which it was made.</summary>
/// <remarks>Where a <see cref="Jacobian"/> costs a backward pass an output, this costs about one forward pass whatever their number, and gives of each
/// output's gradient one inner product. Ops with a result of one element, such as losses, need no rule of their own; of the others all but custom
/// ops have one, and the error names the op that has none.</remarks>
public static unsafe class ForwardMode
{
    /// <summary>J v: the inner product of each output's gradient by the leaves with a direction.</summary>
    /// <param name="outputs">K tensors of one element each, of one graph.</param>
    /// <param name="leaves">Parameters, variables or computed tensors that need a gradient, with P elements together.</param>
    /// <param name="direction">v, shape [P], in the order of a row of <see cref="Jacobian.Rows"/>.</param>
    /// <param name="derivatives">Gets K numbers; 0 where an output does not depend on the leaves.</param>
    /// <exception cref="ShapeException">An output has more than one element, or a size does not fit.</exception>
    /// <exception cref="InvalidOperationException">A leaf needs no gradient, or an op has no rule.</exception>
    /// <remarks>Gradients stay as they are, and the graph stays too.</remarks>
    public static void Jvp(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> leaves, Tensor direction, Span<double> derivatives)
    {
        int total = Jacobian.CountOf(leaves);
        Node v = Ops.Operand.Float(direction.Contiguous(), "ForwardMode");
        if (v.Shape.Rank != 1 || v.Count != total)
        {
            throw new ShapeException("ForwardMode", $"a direction of shape [{total}]", v.Shape.ToString());
        }

        if (derivatives.Length != outputs.Length)
        {
            throw new ShapeException("ForwardMode", $"room for {outputs.Length} derivatives", $"{derivatives.Length}");
        }

        foreach (Tensor output in outputs)
        {
            if (output.Count != 1)
            {
                throw new ShapeException("ForwardMode", "outputs of one element", output.Shape.ToString());
            }
        }

        Jacobian.Lend(leaves);
        try
        {
            float* at = v.Data;
            foreach (Tensor leaf in leaves)
            {
                leaf.Node.Root.PlaceGrad(at);
                at += leaf.Count;
            }

            Tape.Current.PushForward(outputs, leaves, derivatives);
        }
        finally
        {
            Jacobian.TakeBack(leaves);
        }
    }
}
