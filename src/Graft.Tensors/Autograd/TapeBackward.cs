namespace Graft.Tensors.Autograd;

// Differentiation: what a node was computed from, in reverse order of creation, without recursion.
internal sealed unsafe partial class Tape
{
    // Values up to this size are never taken back before the end of the step: losses, predictions, features of a batch.
    private const long SmallBytes = 256L << 10;

    // Whose op is passing a gradient on, in a walk that takes values back.
    private Node? _passed;

    /// <summary>Propagates the gradient of a node to everything that it was computed from.</summary>
    /// <param name="root">Its gradient has been set.</param>
    /// <param name="keeps">Whether the values stay; otherwise large ones are taken back as soon as nothing in the walk needs them any more.</param>
    public void Backward(Node root, bool keeps)
    {
        CheckAlive();
        Propagate(Reach([new Tensor(root)]), keeps ? null : root.Root);
    }

    /// <summary>Finds which leaves a node was computed from.</summary>
    /// <param name="root">Where to begin.</param>
    /// <param name="leaves">The leaves asked for.</param>
    /// <param name="reached">One place a leaf.</param>
    public void Reach(Node root, ReadOnlySpan<Tensor> leaves, Span<bool> reached)
    {
        CheckAlive();
        int n = Reach([new Tensor(root)]);
        for (int i = 0; i < leaves.Length; i++)
        {
            reached[i] = leaves[i].Node.RequiresGrad && leaves[i].Node.Mark == root.Mark;
        }

        Array.Clear(_reached, 0, n);
    }

    /// <summary>Whether any of the leaves leads to any of the roots, other than through a lent node.</summary>
    public bool Reaches(ReadOnlySpan<Tensor> roots, ReadOnlySpan<Tensor> leaves)
    {
        CheckAlive();
        int n = Mark(roots);
        Array.Clear(_reached, 0, n);
        foreach (Tensor leaf in leaves)
        {
            if (leaf.RequiresGrad && leaf.Node.Mark == _mark + (Environment.CurrentManagedThreadId * (1L << 40)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Refuses to walk what an earlier walk has taken back.</summary>
    public static void RefuseTaken(Node node)
    {
        if (node.IsTaken || node.Root.IsTaken)
        {
            throw new InvalidOperationException(
                "Backward: expected a graph whose values are there, got one that an earlier Backward with keepsGraph: false has taken back. Keep it until the last one.");
        }
    }

    private void CheckAlive()
    {
        if (_spent > _base)
        {
            throw new InvalidOperationException(
                "Backward: expected a graph of the current step, got one that an optimizer step has ended. Call Backward before Step.");
        }
    }

    // Walks back. With a node to spare, large values on the way are taken back: all that was computed from them comes before them in the walk.
    private void Propagate(int n, Node? spared = null)
    {
        Silenced++;
        try
        {
            for (int i = n - 1; i >= 0; i--)
            {
                Node node = _reached[i];
                if (node.Op is null || !node.RequiresGrad)
                {
                    continue;
                }

                if (node.HasGrad)
                {
                    _passed = spared is not null && node.Root != spared ? node : null;
                    node.Op.Backward(node);
                }

                if (!node.IsView)
                {
                    node.ReleaseGrad();
                }

                if (spared is not null && node.Root != spared)
                {
                    ReleaseLarge(node);
                }
            }
        }
        finally
        {
            Silenced--;
            _passed = null;
            Leave(n);
        }
    }

    // Ends a walk. Nothing is left of the gradients on the way, unless an op has thrown: then the next walk must not add to them.
    private void Leave(int n)
    {
        for (int i = 0; i < n; i++)
        {
            Node node = _reached[i];
            if (node.Op is not null && !node.IsView && !node.IsLent)
            {
                node.ReleaseGrad();
            }
        }

        Array.Clear(_reached, 0, n);
    }

    /// <summary>Takes the value of an op's result back where this walk does so anyway, once the op does not need it: before it asks for memory for more gradients.</summary>
    /// <param name="node">The result whose op is passing its gradient on.</param>
    public void DoneWith(Node node)
    {
        if (ReferenceEquals(node, _passed))
        {
            ReleaseLarge(node);
        }
    }

    /// <summary>Whether what an op has kept for the way back is taken back once it has passed its gradient on: then it may write over that.</summary>
    /// <param name="node">The result whose op is passing its gradient on.</param>
    public bool TakesSaved(Node node) => ReferenceEquals(node, _passed) && node.Saved?.Block?.Bytes > SmallBytes;

    private static void ReleaseLarge(Node node)
    {
        Node root = node.Root;
        if (!root.IsPersistent && !root.IsLent && root.Op is not null && root.Block?.Bytes > SmallBytes)
        {
            node.ReleaseValue();
        }

        ReleaseSaved(node.Saved);
        ReleaseSaved(node.Saved2);

        static void ReleaseSaved(Node? saved)
        {
            if (saved?.Block?.Bytes > SmallBytes)
            {
                saved.ReleaseValue();
            }
        }
    }

    // Everything that does not lead to one of the leaves counts for a while as if it needed no gradient.
    private void Prune(int n, ReadOnlySpan<Tensor> leaves)
    {
        long leading = NextMark();
        foreach (Tensor leaf in leaves)
        {
            leaf.Node.Root.Mark = leading;
        }

        for (int i = 0; i < n; i++)
        {
            Node node = _reached[i];
            if (node.Mark == leading)
            {
                continue;
            }

            bool leads = Leads(node.A) || Leads(node.B) || Leads(node.C);
            for (int m = 0; m < node.MoreCount; m++)
            {
                leads |= Leads(node.More![m]);
            }

            if (leads)
            {
                node.Mark = leading;
            }
            else
            {
                node.RequiresGrad = false;
                _pruned.Add(node);
            }
        }

        bool Leads(Node? parent) => parent is not null && parent.RequiresGrad && parent.Mark == leading;
    }

    private void Unprune()
    {
        foreach (Node node in _pruned)
        {
            node.RequiresGrad = true;
        }

        _pruned.Clear();
    }

    private long NextMark() => ++_mark + (Environment.CurrentManagedThreadId * (1L << 40));

    // Every node that a root depends on and that needs a gradient, parents before children, as far as the nodes where differentiation ends.
    // No recursion: graphs may be deep.
    private int Reach(ReadOnlySpan<Tensor> roots)
    {
        int n = Mark(roots);
        if (_orders.Length < n)
        {
            _orders = new long[_reached.Length];
        }

        for (int i = 0; i < n; i++)
        {
            _orders[i] = _reached[i].Order;
        }

        Array.Sort(_orders, _reached, 0, n);
        return n;
    }

    // The same nodes in no order.
    private int Mark(ReadOnlySpan<Tensor> roots)
    {
        long mark = NextMark();
        int n = 0, next = 0;
        foreach (Tensor root in roots)
        {
            Visit(root.Node);
        }

        while (next < n)
        {
            Node node = _reached[next++];
            if (node.IsLent)
            {
                continue;
            }

            Visit(node.A);
            Visit(node.B);
            Visit(node.C);
            for (int i = 0; i < node.MoreCount; i++)
            {
                Visit(node.More![i]);
            }
        }

        return n;

        void Visit(Node? node)
        {
            if (node is null || !node.RequiresGrad || node.Mark == mark)
            {
                return;
            }

            RefuseTaken(node);
            node.Mark = mark;
            if (n == _reached.Length)
            {
                Array.Resize(ref _reached, n * 2);
            }

            _reached[n++] = node;
        }
    }
}
