using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Shape")]
internal sealed class ShapeOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        IReadOnlyList<int> sizes = x.Data(0).Sizes;
        (int start, int end) = (Cut(Node.Integer("start", 0), sizes.Count), Cut(Node.Integer("end", sizes.Count), sizes.Count));
        return GraphNumbers.List(sizes.Take(end).Skip(start).Select(s => (double)s));
    }

    private static int Cut(long place, int rank) => (int)Math.Clamp(place < 0 ? place + rank : place, 0, rank);
}
