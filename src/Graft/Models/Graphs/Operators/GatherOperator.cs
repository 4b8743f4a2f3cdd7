using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("Gather")]
internal sealed class GatherOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 0 && count > 1 ? GraphRole.Weight : GraphRole.Number;

    public override GraphData Run(OperatorInputs x)
    {
        IReadOnlyList<int> sizes = x.Data(0).Sizes;
        int axis = Axis(Node.Integer("axis", 0), sizes.Count);
        if (x.Data(1).Numbers is not { } places)
        {
            return axis != 0 ? throw Unsupported("rows chosen by computed numbers", $"axis {axis}")
                : x.IsTracing ? OperatorInputs.Zeros([.. x[1].Shape.Sizes, .. sizes.Skip(1)]) : x[0].IndexSelect(x[1].ToInt());
        }

        if (x.Data(0).Numbers is { } numbers)
        {
            return numbers.Take(axis, [.. places.Whole.Select(p => Place(p, sizes[axis]))], places.Sizes);
        }

        int[] result = [.. sizes.Take(axis), .. places.Sizes, .. sizes.Skip(axis + 1)];
        int[] chosen = [.. places.Whole.Select(p => Place(p, sizes[axis]))];
        if (x.IsTracing)
        {
            return OperatorInputs.Zeros(result);
        }

        Tensor y;
        if (chosen.Length > 0 && Enumerable.Range(0, chosen.Length).All(i => chosen[i] == chosen[0] + i))
        {
            y = x[0].Slice(axis, chosen[0], chosen.Length);
        }
        else
        {
            y = x[0].Transpose(0, axis).IndexSelect(Tensor.From(chosen, [chosen.Length])).Transpose(0, axis);
        }

        return places.Sizes.Count == 1 ? y : y.Reshape(result);
    }
}
