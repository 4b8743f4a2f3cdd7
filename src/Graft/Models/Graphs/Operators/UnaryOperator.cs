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
