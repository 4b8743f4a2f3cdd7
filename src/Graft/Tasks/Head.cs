using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>The last layer of a task: an affine map from features to the task's outputs, and the loss that belongs to it.</summary>
public sealed class Head : Module
{
    private readonly Tensor? _classWeights;
    private readonly Tensor? _positiveWeight;

    /// <param name="task">What it predicts.</param>
    /// <param name="features">Size of the features; at least 1.</param>
    public Head(TaskSpec task, int features)
    {
        Task = task;
        Features = Check.AtLeast(1, features);
        Weight = new Parameter([task.Outputs, features], Init.KaimingUniform, outputLast: true);
        Bias = new Parameter([task.Outputs], Init.Zeros);
        _classWeights = task is { ClassWeights: { } weights, Kind: TaskKind.MultiClass } ? Tensor.From(weights, [weights.Length]) : null;
        _positiveWeight = task is { ClassWeights: [float negative, float positive], Kind: TaskKind.Binary } && negative > 0
            ? Tensor.Scalar(positive / negative)
            : null;
    }

    /// <summary>What it predicts.</summary>
    public TaskSpec Task { get; }

    /// <summary>Size of the features.</summary>
    public int Features { get; }

    /// <summary>Shape [outputs, features].</summary>
    public Parameter Weight { get; }

    /// <summary>Shape [outputs].</summary>
    public Parameter Bias { get; }

    /// <param name="x">Features, shape [B, features].</param>
    /// <returns>Logits or quantities, shape [B, outputs].</returns>
    /// <exception cref="ShapeException">The last axis is not <see cref="Features"/>.</exception>
    public override Tensor Forward(Tensor x)
    {
        if (x.Rank < 1 || x.Shape[-1] != Features)
        {
            throw new ShapeException(ToString(), $"features [..., {Features}]", x.Shape.ToString(), "Does the head belong to this backbone?");
        }

        return x.Linear(Weight, Bias);
    }

    /// <summary>The task's loss, averaged over the rows that have a label; 0 where none has.</summary>
    /// <param name="output">What <see cref="Forward"/> gave, [B, outputs].</param>
    /// <param name="target">As <see cref="Data.Batch.Targets"/> describes it.</param>
    /// <returns>A scalar: cross-entropy (multi-class), binary cross-entropy (binary, multi-label), mean squared error (regression).</returns>
    public Tensor Loss(Tensor output, Tensor target) => Task.Kind switch
    {
        TaskKind.MultiClass => output.CrossEntropy(target, _classWeights, Task.LabelSmoothing),
        TaskKind.Regression => output.MseLoss(target),
        _ => output.BinaryCrossEntropyWithLogits(target, positiveWeights: _positiveWeight),
    };

    /// <summary>Outputs as people read them: probabilities, or quantities in the units they were trained in.</summary>
    /// <param name="output">What <see cref="Forward"/> gave, [B, outputs].</param>
    /// <returns>Shape [B, outputs]; rows of a multi-class task sum to 1.</returns>
    public Tensor Predict(Tensor output) => Task.Kind switch
    {
        TaskKind.MultiClass => (output - output.LogSumExp(keepAxes: true, -1)).Exp(),
        TaskKind.Regression => output,
        _ => output.Sigmoid(),
    };

    /// <inheritdoc/>
    public override string ToString() => $"Head({Task.Name}: {Features} -> {Task.Outputs})";
}
