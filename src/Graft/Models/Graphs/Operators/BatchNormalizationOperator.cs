using Graft.Tensors;

namespace Graft.Models.Graphs.Operators;

[Operator("BatchNormalization")]
internal sealed class BatchNormalizationOperator(GraphNode node) : GraphOperator(node)
{
    private readonly float _epsilon = node.Number("epsilon", 1e-5f);
    private readonly float _kept = node.Number("momentum", 0.9f);

    public override bool TakesRelu => true;

    public override GraphRole RoleOf(int input, int count) => input switch
    {
        1 => GraphRole.Scale,
        2 => GraphRole.Shift,
        3 => GraphRole.Mean,
        4 => GraphRole.Variance,
        _ => GraphRole.Number,
    };

    // The share of a batch in the running statistics is what the standard does not keep of them.
    public override GraphData Run(OperatorInputs x)
    {
        if (x.IsTracing)
        {
            return x[0];
        }

        bool isLearning = x.Layer?.IsLearning == true;
        return isLearning && x[0].Count == x[0].Shape[1]
            ? throw new ShapeException($"BatchNormalization '{Node.Name}'", "more than one value a channel to learn from", x[0].Shape.ToString(), "Take larger batches, or drop a last batch of one row.")
            : x[0].BatchNorm(x[3], x[4], x[1], x[2], isLearning, 1 - _kept, _epsilon, Relu);
    }
}
