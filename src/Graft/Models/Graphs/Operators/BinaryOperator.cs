namespace Graft.Models.Graphs.Operators;

/// <summary>Functions of two elements; axes of size 1 stretch.</summary>
[Operator("Add")]
[Operator("Sub")]
[Operator("Mul")]
[Operator("Div")]
[Operator("Pow")]
[Operator("Mod")]
[Operator("Equal")]
[Operator("Greater")]
[Operator("Less")]
[Operator("And")]
[Operator("Or")]
internal sealed class BinaryOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => count == 1 ? GraphRole.Number : Node.Operator switch
    {
        "Add" => GraphRole.Shift,
        "Mul" => GraphRole.Scale,
        _ => GraphRole.Number,
    };

    public override GraphData Run(OperatorInputs x)
    {
        if (x.AreNumbers)
        {
            return Numbers(x.Numbers(0)!, x.Numbers(1)!);
        }

        if (x.IsTracing)
        {
            return OperatorInputs.Zeros(GraphNumbers.Stretched(x.Data(0).Sizes, x.Data(1).Sizes));
        }

        // One number times or plus a tensor takes no second tensor.
        if (x.Data(1).Numbers is { Count: 1 } right && right.Sizes.Count <= x[0].Rank)
        {
            float number = (float)right.Values[0];
            switch (Node.Operator)
            {
                case "Add":
                    return x[0] + number;
                case "Sub":
                    return x[0] - number;
                case "Mul":
                    return x[0] * number;
                case "Div":
                    return x[0] / number;
                case "Pow":
                    return x[0].Pow(number);
                default:
                    break;
            }
        }

        if (x.Data(0).Numbers is { Count: 1 } left && left.Sizes.Count <= x[1].Rank)
        {
            float number = (float)left.Values[0];
            switch (Node.Operator)
            {
                case "Add":
                    return number + x[1];
                case "Sub":
                    return number - x[1];
                case "Mul":
                    return number * x[1];
                case "Div":
                    return number / x[1];
                default:
                    break;
            }
        }

        return Node.Operator switch
        {
            "Add" => x[0] + x[1],
            "Sub" => x[0] - x[1],
            "Mul" => x[0] * x[1],
            "Div" => x[0] / x[1],
            "Pow" => (x[0].Log() * x[1]).Exp(),
            "Equal" => x[0].EqualTo(x[1]),
            "Greater" => x[0].GreaterThan(x[1]),
            "Less" => x[1].GreaterThan(x[0]),
            "And" => x[0] * x[1],
            "Or" => x[0].Max(x[1]),
            _ => throw Unsupported("numbers known before the graph runs", "computed ones"),
        };
    }

    private GraphNumbers Numbers(GraphNumbers a, GraphNumbers b)
    {
        bool isInteger = a.IsInteger && b.IsInteger;
        return Node.Operator switch
        {
            "Add" => a.With(b, (p, q) => p + q),
            "Sub" => a.With(b, (p, q) => p - q),
            "Mul" => a.With(b, (p, q) => p * q),
            "Div" => a.With(b, (p, q) => isInteger ? Math.Truncate(p / q) : p / q),
            "Pow" => a.With(b, Math.Pow, a.IsInteger),
            "Mod" => a.With(b, (p, q) => p - (q * Math.Floor(p / q))),
            "Equal" => a.With(b, (p, q) => p == q ? 1 : 0, true),
            "Greater" => a.With(b, (p, q) => p > q ? 1 : 0, true),
            "Less" => a.With(b, (p, q) => p < q ? 1 : 0, true),
            "And" => a.With(b, (p, q) => p != 0 && q != 0 ? 1 : 0, true),
            _ => a.With(b, (p, q) => p != 0 || q != 0 ? 1 : 0, true),
        };
    }
}
