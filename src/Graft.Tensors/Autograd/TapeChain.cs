namespace Graft.Tensors.Autograd;

// A network in use: values are taken back on the way through it.
internal sealed unsafe partial class Tape
{
    /// <summary>Takes back large values that were made for a result and are not part of it.</summary>
    /// <param name="begin">What was made before this place in the order of creation stays.</param>
    /// <param name="last">All that was made behind this place goes.</param>
    /// <param name="x">Goes as well, if it was made since the beginning.</param>
    /// <param name="y">The result.</param>
    public void ReleaseBetween(long begin, long last, Tensor x, Tensor y)
    {
        Node kept = y.Node.Root;
        for (int i = _count - 1; i >= _base && _nodes[i].Order > last; i--)
        {
            ReleaseEarly(_nodes[i], kept);
        }

        if (!x.IsStale && x.Node.Root is { } root && root.Order > begin)
        {
            ReleaseEarly(x.Node, kept);
            ReleaseEarly(root, kept);
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
