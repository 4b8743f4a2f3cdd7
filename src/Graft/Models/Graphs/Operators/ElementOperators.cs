using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

/// <summary>Functions of every element.</summary>
[Operator("Relu")]
[Operator("LeakyRelu")]
[Operator("Sigmoid")]
[Operator("Tanh")]
[Operator("HardSigmoid")]
[Operator("HardSwish")]
[Operator("Elu")]
[Operator("Selu")]
[Operator("Celu")]
[Operator("Softplus")]
[Operator("Softsign")]
[Operator("Mish")]
[Operator("Gelu")]
[Operator("Erf")]
[Operator("Sqrt")]
[Operator("Exp")]
[Operator("Log")]
[Operator("Neg")]
[Operator("Abs")]
[Operator("Reciprocal")]
[Operator("Identity")]
internal sealed class UnaryOperator(GraphNode node) : GraphOperator(node)
{
    private readonly Func<Tensor, Tensor> _function = Function(node);

    public override GraphData Run(OperatorInputs x) =>
        x.AreNumbers && Numeric(Node.Operator) is { } function ? x.Numbers(0)!.Map(function)
        : Node.Operator == "Identity" ? x.Data(0)
        : x.IsTracing ? x[0] : _function(x[0]);

    private static Func<Tensor, Tensor> Function(GraphNode node)
    {
        float alpha = node.Number("alpha", node.Operator switch { "LeakyRelu" => 0.01f, "HardSigmoid" => 0.2f, "Selu" => 1.6732632f, _ => 1 });
        float second = node.Operator == "Selu" ? node.Number("gamma", 1.0507010f) : node.Number("beta", 0.5f);
        bool isRough = node.Text("approximate", "none") == "tanh";
        return node.Operator switch
        {
            "Relu" => x => x.Relu(),
            "LeakyRelu" => x => x.LeakyRelu(alpha),
            "Sigmoid" => x => x.Sigmoid(),
            "Tanh" => x => x.Tanh(),
            "HardSigmoid" => x => x.HardSigmoid(alpha, second),
            "HardSwish" => x => x.HardSwish(),
            "Elu" => x => x.Elu(alpha),
            "Selu" => x => x.Elu(alpha) * second,
            "Celu" => x => (x / alpha).Elu() * alpha,
            "Softplus" => x => x.Softplus(),
            "Softsign" => x => x / (x.Abs() + 1),
            "Mish" => x => x * x.Softplus().Tanh(),
            "Gelu" when isRough => x => 0.5f * x * (((x + (x.Pow(3) * 0.044715f)) * 0.7978845608f).Tanh() + 1),
            "Gelu" => x => x.Gelu(),
            "Erf" => x => x.Erf(),
            "Sqrt" => x => x.Sqrt(),
            "Exp" => x => x.Exp(),
            "Log" => x => x.Log(),
            "Neg" => x => x.Negate(),
            "Abs" => x => x.Abs(),
            "Reciprocal" => x => x.Reciprocal(),
            _ => x => x,
        };
    }

    private static Func<double, double>? Numeric(string op) => op switch
    {
        "Identity" => v => v,
        "Sqrt" => Math.Sqrt,
        "Exp" => Math.Exp,
        "Neg" => v => -v,
        "Abs" => Math.Abs,
        "Reciprocal" => v => 1 / v,
        "Relu" => v => Math.Max(0, v),
        _ => null,
    };
}

/// <summary>Functions of numbers that are known before, and of nothing else.</summary>
[Operator("Floor")]
[Operator("Ceil")]
[Operator("Round")]
[Operator("Not")]
internal sealed class NumberOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x) => x.Numbers(0)!.Map(Node.Operator switch
    {
        "Floor" => Math.Floor,
        "Ceil" => Math.Ceiling,
        "Round" => Math.Round,
        _ => v => v == 0 ? 1 : 0,
    });
}

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

[Operator("Clip")]
internal sealed class ClipOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        double low = x.Number(1) ?? double.NegativeInfinity, high = x.Number(2) ?? double.PositiveInfinity;
        return x.AreNumbers ? x.Numbers(0)!.Map(v => Math.Min(Math.Max(v, low), high))
            : x.IsTracing ? x[0]
            : low == 0 && high == 6 ? x[0].Relu6()
            : x[0].Clamp((float)Math.Max(low, float.MinValue), (float)Math.Min(high, float.MaxValue));
    }
}

[Operator("PRelu")]
internal sealed class PReluOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Shift : GraphRole.Number;

    // The slope stretches over the batch from the last axis on, as in the standard.
    public override GraphData Run(OperatorInputs x)
    {
        if (x.IsTracing)
        {
            return x[0];
        }

        Tensor positive = x[0].Relu();
        return positive + (x[1] * (x[0] - positive));
    }
}

[Operator("Where")]
internal sealed class WhereOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x)
    {
        if (!x.AreNumbers)
        {
            return x.IsTracing
                ? OperatorInputs.Zeros(GraphNumbers.Stretched(GraphNumbers.Stretched(x.Data(0).Sizes, x.Data(1).Sizes), x.Data(2).Sizes))
                : Tensor.Where(x[0], x[1], x[2]);
        }

        GraphNumbers condition = x.Numbers(0)!, then = x.Numbers(1)!, otherwise = x.Numbers(2)!;
        int[] sizes = GraphNumbers.Stretched(GraphNumbers.Stretched(condition.Sizes, then.Sizes), otherwise.Sizes);
        (condition, then, otherwise) = (condition.Stretch(sizes), then.Stretch(sizes), otherwise.Stretch(sizes));
        return new GraphNumbers(sizes, [.. condition.Values.Select((c, i) => c != 0 ? then.Values[i] : otherwise.Values[i])], then.IsInteger && otherwise.IsInteger);
    }
}

[Operator("Softmax")]
[Operator("LogSoftmax")]
internal sealed class SoftmaxOperator(GraphNode node) : GraphOperator(node)
{
    private readonly int _axis = (int)Math.Clamp(node.Integer("axis", -1), int.MinValue, int.MaxValue);

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : Node.Operator == "Softmax" ? x[0].Softmax(_axis) : x[0].LogSoftmax(_axis);
}
