namespace Graft.Tensors.Autograd;

// A network in use: values are taken back on the way through it.
internal sealed unsafe partial class Tape
{
    /// <summary>Takes back large values that were made for a result and are not part of it.</summary>
    /// <param name="begin">What was made before this place in the order of creation stays.</param>
    /// <param name="last">All that was made behind this place goes.</param>
    /// <param name="x">Goes as well, if it was made on this tape since the beginning: what other threads made is theirs.</param>
    /// <param name="y">The result.</param>
    public void ReleaseBetween(long begin, long last, Tensor x, Tensor y)
    {
        Node kept = y.Node.Root;
        (Node? read, Node? root) = x.IsStale ? (null, null) : (x.Node, x.Node.Root);
        for (int i = _count - 1; i >= _base && _nodes[i].Order > begin; i--)
        {
            Node node = _nodes[i];
            if (node.Order > last || node == read || node == root)
            {
                ReleaseEarly(node, kept);
            }
            else if (root is null || node.Order < root.Order)
            {
                break;      // nothing before it is x
            }
        }
    }

    private void ReleaseEarly(Node node, Node kept)
    {
        Node root = node.Root;
        if (root == kept || root.IsPersistent || root.RequiresGrad || node.Block is not { } block || block.Bytes <= SmallBytes)
        {
            return;
        }

        _unrecordedBytes = Math.Max(0, _unrecordedBytes - (node.IsView ? 0 : node.Bytes));
        node.ReleaseValue();
    }
}
