using Graft.Nn;
using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>The last layer of a task: an affine map from features to the task's outputs; of a direct task nothing, where features are outputs.</summary>
public sealed class Head : Module
{
    // Smaller ones would have no logarithm.
    private const float LeastProbability = 1e-30f;

    /// <param name="task">What it predicts; the first of those that share it.</param>
    /// <param name="features">Size of the features; at least 1.</param>
    public Head(TaskSpec task, int features)
    {
        Task = task;
        Features = Check.AtLeast(1, features);
        if (!task.IsDirect)
        {
            Weight = new Parameter([task.Outputs, features], Init.KaimingUniform, outputLast: true);
            Bias = new Parameter([task.Outputs], Init.Zeros);
        }
        else if (features != task.Outputs)
        {
            throw new ArgumentException(FormattableString.Invariant($"Head: expected a trunk that gives the {task.Outputs} outputs of task '{task.Name}', got one with {features} features."), nameof(features));
        }
    }

    /// <summary>What it predicts.</summary>
    public TaskSpec Task { get; }

    /// <summary>Size of the features.</summary>
    public int Features { get; }

    /// <summary>Shape [outputs, features]; null in a direct head.</summary>
    public Parameter? Weight { get; }

    /// <summary>Shape [outputs]; null in a direct head.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Features, shape [B, features].</param>
    /// <returns>Logits or quantities, shape [B, outputs].</returns>
    /// <exception cref="ShapeException">The last axis is not <see cref="Features"/>.</exception>
    public override Tensor Forward(Tensor x)
    {
        if (x.Rank < 1 || x.Shape[-1] != Features)
        {
            throw new ShapeException(ToString(), $"features [..., {Features}]", x.Shape.ToString(), "Does the head belong to this backbone?");
        }

        return Weight is not null ? x.Linear(Weight.Value, Bias!.Value) : Task.IsProbability ? x.Clamp(LeastProbability, 1).Log() : x;
    }

    /// <summary>Outputs as people read them: probabilities, or quantities in the units they were trained in.</summary>
    /// <param name="output">What <see cref="Forward"/> gave, [B, outputs].</param>
    /// <returns>Shape [B, outputs]; rows of a multi-class task sum to 1.</returns>
    public Tensor Predict(Tensor output) => Task.Kind switch
    {
        TaskKind.MultiClass => output.Softmax(-1),
        TaskKind.Regression => output,
        _ => output.Sigmoid(),
    };

    /// <inheritdoc/>
    public override string ToString() => $"Head({Task.Name}: {Features} -> {Task.Outputs})";
}
