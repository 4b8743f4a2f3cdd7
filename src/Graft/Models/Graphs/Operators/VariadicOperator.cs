using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>Functions of any number of elements.</summary>
[Operator("Max")]
[Operator("Min")]
[Operator("Sum")]
[Operator("Mean")]
internal sealed class VariadicOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        if (x.AreNumbers)
        {
            GraphNumbers numbers = x.Numbers(0)!;
            for (int i = 1; i < x.Count; i++)
            {
                numbers = numbers.With(x.Numbers(i)!, Node.Operator switch { "Max" => Math.Max, "Min" => Math.Min, _ => (a, b) => a + b });
            }

            return Node.Operator == "Mean" ? numbers.Map(v => v / x.Count) : numbers;
        }

        Tensor y = x[0];
        for (int i = 1; i < x.Count; i++)
        {
            y = x.IsTracing ? OperatorInputs.Zeros(GraphNumbers.Stretched([.. y.Shape.Sizes], x.Data(i).Sizes)) : Node.Operator switch
            {
                "Max" => y.Max(x[i]),
                "Min" => y.Min(x[i]),
                _ => y + x[i],
            };
        }

        return Node.Operator == "Mean" && !x.IsTracing ? y / x.Count : y;
    }
}
