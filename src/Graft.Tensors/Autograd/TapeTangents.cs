namespace Graft.Tensors.Autograd;

// Directional derivatives: the graph in order of creation, a derivative for each node in the place of its gradient.
internal sealed unsafe partial class Tape
{
    /// <summary>Propagates directional derivatives from lent leaves to outputs.</summary>
    /// <param name="outputs">Tensors of one element of one graph.</param>
    /// <param name="leaves">Lent nodes with their part of the direction in place.</param>
    /// <param name="derivatives">Gets one number an output.</param>
    public void PushForward(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> leaves, Span<double> derivatives)
    {
        CheckAlive();
        int n = Reach(outputs);
        Silenced++;
        try
        {
            Prune(n, leaves);
            LastUses(n, outputs);
            for (int i = 0; i < n; i++)
            {
                Node node = _reached[i];
                if (!Passes(node))
                {
                    continue;
                }

                if (!node.IsView)
                {
                    node.ReleaseGrad();
                    node.Op!.Tangent(node);
                }

                Forget(node.A, i);
                Forget(node.B, i);
                Forget(node.C, i);
                for (int m = 0; m < node.MoreCount; m++)
                {
                    Forget(node.More![m], i);
                }
            }

            for (int k = 0; k < outputs.Length; k++)
            {
                Node output = outputs[k].Node;
                derivatives[k] = output.RequiresGrad ? *output.Grad : 0;
            }
        }
        finally
        {
            Silenced--;
            Unprune();
            Leave(n);
        }
    }

    // For each tensor the place of the last op that reads its derivative.
    private void LastUses(int n, ReadOnlySpan<Tensor> outputs)
    {
        for (int i = 0; i < n; i++)
        {
            Node node = _reached[i];
            if (Passes(node))
            {
                Use(node.A, i);
                Use(node.B, i);
                Use(node.C, i);
                for (int m = 0; m < node.MoreCount; m++)
                {
                    Use(node.More![m], i);
                }
            }
        }

        foreach (Tensor output in outputs)
        {
            output.Node.Root.Pending = int.MaxValue;
        }

        static void Use(Node? parent, int place)
        {
            if (parent is not null)
            {
                parent.Root.Pending = place;
            }
        }
    }

    private static void Forget(Node? parent, int place)
    {
        if (parent is null || !parent.RequiresGrad)
        {
            return;
        }

        Node root = parent.Root;
        if (root.Pending == place && root.Op is not null && !root.IsLent)
        {
            root.ReleaseGrad();
        }
    }
}
