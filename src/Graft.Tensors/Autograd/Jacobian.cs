namespace Graft.Tensors.Autograd;

/// <summary>Gradients of several outputs by the same leaves, apart from each other: what methods for several tasks look at.</summary>
/// <remarks>A row holds the gradients by the leaves one behind the other, in the order given; within a leaf the order is that of its memory, the same in
/// every row, and <see cref="AddToGradients"/> knows it.</remarks>
public static unsafe class Jacobian
{
    /// <summary>One row for each output: its gradient by all leaves.</summary>
    /// <param name="outputs">K tensors of one element each, of one graph.</param>
    /// <param name="leaves">Parameters and variables that need a gradient, with P elements together.</param>
    /// <param name="othersCollect">Whether leaves that were not chosen collect their gradients on the way, as in <see cref="Tensor.Backward"/>.
    /// Otherwise no work is spent on them.</param>
    /// <returns>Shape [K, P]. A leaf that an output does not depend on has zeros there.</returns>
    /// <exception cref="ShapeException">An output has more than one element.</exception>
    /// <exception cref="InvalidOperationException">An output needs no gradient, or a leaf was computed or needs none.</exception>
    /// <remarks>Cost: one backward pass an output. The gradients of the chosen leaves stay as they are, and the graph stays too.</remarks>
    public static Tensor Rows(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> leaves, bool othersCollect = false)
    {
        int total = CountOf(leaves);
        Shape shape = [outputs.Length, total];
        Node rows = Tape.Current.New(shape, shape.RowMajor(), null);
        for (int k = 0; k < outputs.Length; k++)
        {
            Node output = outputs[k].Node;
            if (output.Count != 1)
            {
                throw new ShapeException("Jacobian", "outputs of one element", output.Shape.ToString());
            }

            if (!output.RequiresGrad)
            {
                throw new InvalidOperationException(
                    $"Jacobian: expected outputs computed from parameters while recording, got one (number {k}) that needs no gradient.");
            }

            Row(output, leaves, rows.Data + ((nint)k * total), othersCollect);
        }

        return new Tensor(rows);
    }

    /// <summary>Adds a combination of rows to the gradients of the leaves, where an optimizer finds it.</summary>
    /// <param name="direction">Shape [P], in the order of a row.</param>
    /// <param name="leaves">Those that the rows were made of.</param>
    /// <exception cref="ShapeException">The sizes differ.</exception>
    public static void AddToGradients(Tensor direction, ReadOnlySpan<Tensor> leaves)
    {
        int total = CountOf(leaves);
        Node from = Ops.Operand.Float(direction.Contiguous(), "Jacobian");
        if (from.Shape.Rank != 1 || from.Count != total)
        {
            throw new ShapeException("Jacobian", $"a direction of shape [{total}]", from.Shape.ToString());
        }

        float* at = from.Data;
        foreach (Tensor tensor in leaves)
        {
            Node leaf = tensor.Node;
            bool add = leaf.BeginGrad();
            Shape flat = [leaf.Count];
            Ops.Copy.Run(at, flat, flat.RowMajor(), leaf.Grad, flat.RowMajor(), add);
            at += leaf.Count;
        }
    }

    private static int CountOf(ReadOnlySpan<Tensor> leaves)
    {
        int total = 0;
        for (int i = 0; i < leaves.Length; i++)
        {
            Node leaf = leaves[i].Node;
            if (!leaf.IsLeaf || leaf.IsView || !leaf.RequiresGrad)
            {
                throw new InvalidOperationException(
                    $"Jacobian: expected parameters or variables that need a gradient, got {leaf.Shape} (number {i}), which is none.");
            }

            total = checked(total + leaf.Count);
        }

        return total;
    }

    // The leaves' gradients live in the row while the pass runs.
    private static void Row(Node output, ReadOnlySpan<Tensor> leaves, float* row, bool othersCollect)
    {
        try
        {
            float* at = row;
            foreach (Tensor leaf in leaves)
            {
                leaf.Node.LendGrad(at);
                at += leaf.Count;
            }

            Tape.Current.Differentiate(output, leaves, othersCollect);
        }
        finally
        {
            float* at = row;
            foreach (Tensor leaf in leaves)
            {
                if (!leaf.Node.HasGrad)
                {
                    new Span<float>(at, leaf.Count).Clear();
                }

                leaf.Node.TakeGradBack();
                at += leaf.Count;
            }
        }
    }
}
