using System.Numerics;

namespace Graft.Tensors.Autograd;

// The gradient of a weighted sum that need not be formed.
internal sealed unsafe partial class Tape
{
    /// <summary>Propagates a weight each from outputs of one element to everything that they were computed from.</summary>
    /// <param name="outputs">Those that need no gradient, or have weight 0, are passed over.</param>
    /// <param name="weights">One an output.</param>
    public void BackwardWeighted(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<double> weights)
    {
        CheckAlive();
        int n = Reach(outputs);
        for (int k = 0; k < outputs.Length; k++)
        {
            if (outputs[k].RequiresGrad && weights[k] != 0)
            {
                Seed(outputs[k].Node, weights[k]);
            }
        }

        Propagate(n);
    }

    /// <summary>Propagates a weight each from outputs of one element to chosen leaves, and to nothing else.</summary>
    /// <param name="outputs">Those that need no gradient, or have weight 0, are passed over.</param>
    /// <param name="weights">One an output.</param>
    /// <param name="leaves">Where to end.</param>
    public void BackwardTo(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<double> weights, ReadOnlySpan<Tensor> leaves)
    {
        CheckAlive();
        int n = Reach(outputs);
        try
        {
            Prune(n, leaves);
            for (int k = 0; k < outputs.Length; k++)
            {
                if (outputs[k].RequiresGrad && weights[k] != 0)
                {
                    Seed(outputs[k].Node, weights[k]);
                }
            }

            Propagate(n);
        }
        finally
        {
            Unprune();
            Array.Clear(_reached, 0, n);
        }
    }

    /// <summary>Propagates weights to the leaves named, and to others gradients without weights. One walk for both: on its way from an output, a gradient gets its weight
    /// where it comes to something that other outputs share, or to a leaf named.</summary>
    /// <param name="outputs">At most <see cref="MostOutputs"/>.</param>
    /// <param name="weights">One an output.</param>
    /// <param name="leaves">All other leaves lead to one output each.</param>
    public void BackwardWeighted(ReadOnlySpan<Tensor> outputs, ReadOnlySpan<double> weights, ReadOnlySpan<Tensor> leaves)
    {
        CheckAlive();
        int n = Reach(outputs);
        Share(n, outputs);

        // A leaf named counts as shared, whoever uses it.
        foreach (Tensor leaf in leaves)
        {
            leaf.Node.Users = ulong.MaxValue;
        }

        for (int k = 0; k < outputs.Length; k++)
        {
            Node output = outputs[k].Node;
            if (output.RequiresGrad)
            {
                Seed(output, IsShared(output) ? weights[k] : 1);
            }
        }

        Silenced++;
        try
        {
            for (int i = n - 1; i >= 0; i--)
            {
                Node node = _reached[i];
                if (!Passes(node) || node.IsView)
                {
                    continue;
                }

                if (node.HasGrad)
                {
                    double weight = IsShared(node) ? 1 : weights[BitOperations.TrailingZeroCount(node.Users)];
                    if (weight == 1)
                    {
                        node.Op!.Backward(node);
                    }
                    else
                    {
                        PassWeighted(node, weight);
                    }
                }

                node.ReleaseGrad();
            }
        }
        finally
        {
            Silenced--;
            Leave(n);
        }
    }

    private static bool IsShared(Node node) => (node.Root.Users & (node.Root.Users - 1)) != 0;

    private static void Seed(Node output, double weight)
    {
        bool add = output.BeginGrad();
        *output.Grad = (float)((add ? *output.Grad : 0) + weight);
    }

    private static void PassWeighted(Node node, double weight)
    {
        PutAside(node.A);
        PutAside(node.B);
        PutAside(node.C);
        for (int i = 0; i < node.MoreCount; i++)
        {
            PutAside(node.More![i]);
        }

        try
        {
            node.Op!.Backward(node);
        }
        finally
        {
            PutBack(node.A, weight);
            PutBack(node.B, weight);
            PutBack(node.C, weight);
            for (int i = 0; i < node.MoreCount; i++)
            {
                PutBack(node.More![i], weight);
            }
        }

        static void PutAside(Node? parent)
        {
            if (parent is { RequiresGrad: true } && IsShared(parent))
            {
                parent.Root.PutAside();
            }
        }

        static void PutBack(Node? parent, double weight)
        {
            if (parent is { RequiresGrad: true } && IsShared(parent))
            {
                parent.Root.PutBack(weight);
            }
        }
    }
}
