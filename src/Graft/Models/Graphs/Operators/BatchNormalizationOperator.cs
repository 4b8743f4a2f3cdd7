using Graft.Tensors;
using Graft.Tensors.Ops;

namespace Graft.Models.Graphs.Operators;

[Operator("BatchNormalization")]
internal sealed class BatchNormalizationOperator(GraphNode node) : GraphOperator(node)
{
    private readonly float _epsilon = node.Number("epsilon", 1e-5f);

    // The share of a batch in the running statistics is what the standard does not keep of them.
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

    public override GraphData Run(OperatorInputs x) => x.IsTracing ? x[0] : Run(x[0], x[1], x[2], new Statistics(x[3], x[4]), x.Layer?.IsLearning == true, Relu);

    /// <summary>Normalizes.</summary>
    /// <param name="pictures">Shape [B, C, ...].</param>
    /// <param name="scale">Shape [C].</param>
    /// <param name="shift">Shape [C].</param>
    /// <param name="running">Running means and variances.</param>
    /// <param name="isLearning">Whether those of the batch count, and move the running ones.</param>
    /// <param name="relu">Whether negative results become 0.</param>
    public Tensor Run(Tensor pictures, Tensor scale, Tensor shift, Statistics running, bool isLearning, bool relu) =>
        isLearning && pictures.Count == pictures.Shape[1]
            ? throw new ShapeException($"BatchNormalization '{Node.Name}'", "more than one value a channel to learn from", pictures.Shape.ToString(), "Take larger batches, or drop a last batch of one row.")
            : pictures.BatchNorm(running.Mean, running.Variance, scale, shift, isLearning, 1 - _kept, _epsilon, relu);

    /// <summary>What it normalizes by while it does not learn.</summary>
    public NormConstants Constants(Tensor scale, Tensor shift, Statistics running) => new(running.Mean, running.Variance, scale, shift, _epsilon);

    /// <summary>Running means and variances, shape [C] each.</summary>
    internal readonly record struct Statistics(Tensor Mean, Tensor Variance);
}
