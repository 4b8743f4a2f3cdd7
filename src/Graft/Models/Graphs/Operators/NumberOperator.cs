namespace Graft.Models.Graphs.Operators;

/// <summary>Functions of numbers that are known before; truths may be computed ones.</summary>
[Operator("Floor")]
[Operator("Ceil")]
[Operator("Round")]
[Operator("Not")]
internal sealed class NumberOperator(GraphNode node) : GraphOperator(node)
{
    public override GraphData Run(OperatorInputs x) => Node.Operator == "Not" && !x.AreNumbers ? x.IsTracing ? x[0] : 1 - x[0] : x.Numbers(0)!.Map(Node.Operator switch
    {
        "Floor" => Math.Floor,
        "Ceil" => Math.Ceiling,
        "Round" => Math.Round,
        _ => v => v == 0 ? 1 : 0,
    });
}
