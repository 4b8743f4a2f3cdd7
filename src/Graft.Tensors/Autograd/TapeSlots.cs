using System.Numerics;

namespace Graft.Tensors.Autograd;

// Differentiation of several outputs in one walk: what they share carries a gradient for each of them, what belongs to one of them is passed once.
internal sealed unsafe partial class Tape
{
    /// <summary>Outputs that one walk can take: the bits of a mask.</summary>
    public const int MostOutputs = 64;

    // Slots of one tensor beyond this fall out of the cache, and a walk for each output is no slower.
    private const long SlotBytes = 6L << 20;

    /// <summary>The sums of one Gramian after the other.</summary>
    public JacobianProducts Products { get; } = new();

    /// <summary>How many outputs a walk should take so that the slots of every shared tensor stay small; at least 1.</summary>
    /// <param name="outputs">At most <see cref="MostOutputs"/> of one graph.</param>
    public int Together(ReadOnlySpan<Tensor> outputs) => _recordedBytes * outputs.Length <= SlotBytes
        ? outputs.Length
        : (int)Math.Clamp(SlotBytes / LargestShared(outputs), 1, outputs.Length);

    /// <summary>Bytes of the largest computed tensor that more than one output depends on; at least 1.</summary>
    /// <param name="outputs">At most <see cref="MostOutputs"/> of one graph.</param>
    public long LargestShared(ReadOnlySpan<Tensor> outputs)
    {
        CheckAlive();
        int n = Reach(outputs);
        Share(n, outputs);
        long largest = 1;
        for (int i = 0; i < n; i++)
        {
            Node node = _reached[i];
            if (!node.IsLeaf && !node.IsView && !node.IsLent && BitOperations.PopCount(node.Users) > 1)
            {
                largest = Math.Max(largest, (long)node.Count * sizeof(float));
            }
        }

        Array.Clear(_reached, 0, n);
        return largest;
    }

    /// <summary>Propagates a gradient of 1 from each output of one element to the slots of lent nodes.</summary>
    /// <param name="outputs">At most <see cref="MostOutputs"/> of one graph; output k writes slot k.</param>
    /// <param name="leaves">Lent nodes with slots for all outputs: where to end.</param>
    /// <param name="othersCollect">Whether the gradients go to all other leaves as well, added up.</param>
    /// <param name="done">Is told of each leaf that nothing more will be added to; or null.</param>
    public void Differentiate(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<Tensor> leaves, bool othersCollect, ILeafObserver? done)
    {
        CheckAlive();
        int n = Reach(outputs);
        Silenced++;
        try
        {
            if (!othersCollect)
            {
                Prune(n, leaves);
            }

            Share(n, outputs);
            for (int i = 0; i < n; i++)
            {
                Node node = _reached[i];
                if (Passes(node) && !node.IsView && BitOperations.PopCount(node.Users) > 1)
                {
                    node.BeginSlots(node.Users);
                }
            }

            if (done is not null)
            {
                CountUses(n, leaves);
            }

            for (int k = 0; k < outputs.Length; k++)
            {
                Node output = outputs[k].Node;
                if (output.RequiresGrad)
                {
                    output.EnterSlot(k);
                    bool add = output.BeginGrad();
                    *output.Grad = (add ? *output.Grad : 0) + 1;
                    output.LeaveSlot(k);
                }
            }

            for (int i = n - 1; i >= 0; i--)
            {
                Node node = _reached[i];
                if (Passes(node))
                {
                    Pass(node);
                    if (done is not null)
                    {
                        Settle(node, done);
                    }
                }
            }
        }
        finally
        {
            Silenced--;
            Unprune();
            for (int i = 0; i < n; i++)
            {
                Node node = _reached[i];
                if (node.Op is not null && !node.IsView && !node.IsLent)
                {
                    // Nothing is left of either, unless an op has thrown.
                    node.EndSlots();
                    node.ReleaseGrad();
                }
            }

            Array.Clear(_reached, 0, n);
        }
    }

    /// <summary>Propagates the gradients of several nodes to everything that they were computed from.</summary>
    /// <param name="roots">Their gradients have been set.</param>
    public void Backward(ReadOnlySpan<Tensor> roots)
    {
        CheckAlive();
        Propagate(Reach(roots));
    }

    private static bool Passes(Node node) => node.Op is not null && node.RequiresGrad && !node.IsLent;

    private static void Pass(Node node)
    {
        if (node.IsView)
        {
            return;
        }

        if (!node.HasSlots)
        {
            if (node.HasGrad)
            {
                Once(node, BitOperations.TrailingZeroCount(node.Users));
            }

            node.ReleaseGrad();
            return;
        }

        if (node.SlotHas != node.SlotMask || !node.Op!.BackwardSlots(node))
        {
            for (ulong rest = node.SlotHas; rest != 0; rest &= rest - 1)
            {
                int k = BitOperations.TrailingZeroCount(rest);
                node.EnterSlot(k);
                Once(node, k);
                node.LeaveSlot(k);
            }
        }

        node.EndSlots();
    }

    // One output's gradient through an op: its slots at the parents stand in for their gradients.
    private static void Once(Node node, int output)
    {
        node.A?.EnterSlot(output);
        node.B?.EnterSlot(output);
        node.C?.EnterSlot(output);
        for (int i = 0; i < node.MoreCount; i++)
        {
            node.More![i].EnterSlot(output);
        }

        try
        {
            node.Op!.Backward(node);
        }
        finally
        {
            node.A?.LeaveSlot(output);
            node.B?.LeaveSlot(output);
            node.C?.LeaveSlot(output);
            for (int i = 0; i < node.MoreCount; i++)
            {
                node.More![i].LeaveSlot(output);
            }
        }
    }

    // Which outputs each node leads to.
    private void Share(int n, ReadOnlySpan<Tensor> outputs)
    {
        for (int i = 0; i < n; i++)
        {
            _reached[i].Users = 0;
        }

        for (int k = 0; k < outputs.Length; k++)
        {
            outputs[k].Node.Users |= 1UL << k;
        }

        for (int i = n - 1; i >= 0; i--)
        {
            Node node = _reached[i];
            if (!Passes(node))
            {
                continue;
            }

            ulong users = node.Users;
            Give(node.A, users);
            Give(node.B, users);
            Give(node.C, users);
            for (int m = 0; m < node.MoreCount; m++)
            {
                Give(node.More![m], users);
            }
        }

        static void Give(Node? parent, ulong users)
        {
            if (parent is not null)
            {
                parent.Users |= users;
            }
        }
    }

    // How many ops add to each leaf, through views as well.
    private void CountUses(int n, ReadOnlySpan<Tensor> leaves)
    {
        foreach (Tensor leaf in leaves)
        {
            leaf.Node.Root.Pending = 0;
        }

        for (int i = 0; i < n; i++)
        {
            Node node = _reached[i];
            if (Passes(node))
            {
                ForLent(node, 1, null);
            }
        }
    }

    private static void Settle(Node node, ILeafObserver done) => ForLent(node, -1, done);

    private static void ForLent(Node node, int change, ILeafObserver? done)
    {
        Of(node.A, change, done);
        Of(node.B, change, done);
        Of(node.C, change, done);
        for (int i = 0; i < node.MoreCount; i++)
        {
            Of(node.More![i], change, done);
        }

        static void Of(Node? parent, int change, ILeafObserver? done)
        {
            if (parent is null || !parent.Root.IsLent)
            {
                return;
            }

            Node leaf = parent.Root;
            leaf.Pending += change;
            if (done is not null && leaf.Pending == 0)
            {
                done.Complete(leaf);
            }
        }
    }
}

/// <summary>Is told when the gradients of a leaf are complete.</summary>
internal interface ILeafObserver
{
    void Complete(Node leaf);
}
