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

[Operator("LayerNormalization")]
internal sealed class LayerNormalizationOperator(GraphNode node) : GraphOperator(node)
{
    private readonly int _axis = (int)Math.Clamp(node.Integer("axis", -1), int.MinValue, int.MaxValue);
    private readonly float _epsilon = node.Number("epsilon", 1e-5f);

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Scale : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : x[0].LayerNorm(x[1], x.Optional(2), x[0].Rank - x[0].Shape.Axis(_axis), _epsilon);
}

[Operator("InstanceNormalization")]
internal sealed class InstanceNormalizationOperator(GraphNode node) : GraphOperator(node)
{
    private readonly float _epsilon = node.Number("epsilon", 1e-5f);

    public override GraphRole RoleOf(int input, int count) => input == 1 ? GraphRole.Scale : input == 2 ? GraphRole.Shift : GraphRole.Number;

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : x[0].GroupNorm(x[0].Shape[1], x[1], x[2], _epsilon);
}

[Operator("LRN")]
internal sealed class LrnOperator(GraphNode node) : GraphOperator(node)
{
    private readonly int _size = (int)Math.Clamp(node.Integer("size", 1), 1, 1 << 16);
    private readonly float _alpha = node.Number("alpha", 1e-4f);
    private readonly float _beta = node.Number("beta", 0.75f);
    private readonly float _bias = node.Number("bias", 1);

    // The mean of squares over neighboring channels is a pooling of a picture whose rows are the channels.
    public override GraphData Run(OperatorInputs x)
    {
        if (x.IsTracing)
        {
            return x[0];
        }

        Tensor input = x[0];
        Tensor squares = input.Square().Reshape(input.Shape[0], 1, input.Shape[1], -1);
        int before = (_size - 1) / 2;
        Tensor means = squares.PadPictures(before, _size - 1 - before, 0, 0).AvgPool2d((_size, 1), 1);
        return input * means.Affine(_alpha, _bias).Pow(-_beta).Reshape(input.Shape.Sizes);
    }
}

[Operator("Dropout")]
internal sealed class DropoutOperator(GraphNode node) : GraphOperator(node)
{
    /// <summary>Draws in training; set when the graph is built.</summary>
    public Nn.Layers.Dropout? Layer { get; set; }

    /// <summary>Share of elements that become 0; known when it was traced.</summary>
    public float Rate { get; private set; }

    public override GraphData Run(OperatorInputs x)
    {
        if (x.IsTracing)
        {
            double rate = x.Number(1) ?? 0.5;
            Rate = rate is >= 0 and < 1 ? (float)rate : throw Unsupported("a share in [0, 1)", FormattableString.Invariant($"{rate}"));
            return x[0];
        }

        return Layer is null ? x[0] : Layer.Forward(x[0]);
    }

    // The mask, where a file names it, is taken by nobody.
    public override void Run(OperatorInputs x, Span<GraphData> outputs)
    {
        outputs.Fill(Run(x));
    }
}
