namespace Graft.Models.Graphs.Operators;

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
