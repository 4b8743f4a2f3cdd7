namespace Graft.Models.Graphs.Operators;

/// <summary>Numbers written over others at given places: what becomes of masks that a program fills part by part.</summary>
[Operator("ScatterND")]
internal sealed class ScatterOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        if (!x.AreNumbers)
        {
            throw Unsupported("numbers known before the graph runs", "computed ones");
        }

        GraphNumbers data = x.Numbers(0)!, places = x.Numbers(1)!, updates = x.Numbers(2)!;
        int axes = places.Sizes[^1], run = data.Sizes.Skip(axes).Aggregate(1, (a, b) => a * b), tuples = axes == 0 ? 0 : places.Count / axes;
        if (axes == 0 || axes > data.Sizes.Count || updates.Count != tuples * run || Node.Text("reduction", "none") != "none")
        {
            throw Unsupported($"{tuples} updates of {run} numbers that replace others", $"{updates}");
        }

        double[] values = [.. data.Values];
        long[] at = places.Whole;
        for (int i = 0; i < tuples; i++)
        {
            int to = 0;
            for (int axis = 0; axis < axes; axis++)
            {
                int size = data.Sizes[axis];
                to = (to * size) + Place(at[(i * axes) + axis], size);
            }

            Array.Copy(updates.Values, i * run, values, to * run, run);
        }

        return new GraphNumbers(data.Sizes, values, data.IsInteger);
    }
}
