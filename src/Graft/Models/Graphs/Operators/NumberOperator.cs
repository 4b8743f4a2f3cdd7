namespace Graft.Models.Graphs.Operators;

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
