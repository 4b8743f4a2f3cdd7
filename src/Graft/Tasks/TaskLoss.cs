using Graft.Tensors;

namespace Graft.Tasks;

/// <summary>The loss of one task, with its own class weights and label smoothing.</summary>
internal sealed class TaskLoss
{
    private readonly TaskSpec _task;
    private readonly Tensor? _classWeights;
    private readonly Tensor? _positiveWeight;

    public TaskLoss(TaskSpec task)
    {
        _task = task;
        _classWeights = task is { ClassWeights: { } weights, Kind: TaskKind.MultiClass } ? Tensor.From(weights, [weights.Length]) : null;
        _positiveWeight = task is { ClassWeights: [float negative, float positive], Kind: TaskKind.Binary } && negative > 0
            ? Tensor.Scalar(positive / negative)
            : null;
    }

    /// <summary>The loss averaged over the rows that have a label; 0 where none has.</summary>
    /// <param name="output">[B, outputs].</param>
    /// <param name="target">As <see cref="Data.Batch.Targets"/> describes it.</param>
    public Tensor Of(Tensor output, Tensor target) => _task.Kind switch
    {
        TaskKind.MultiClass => output.CrossEntropy(target, _classWeights, _task.LabelSmoothing),
        TaskKind.Regression => output.MseLoss(target),
        _ => output.BinaryCrossEntropyWithLogits(target, positiveWeights: _positiveWeight),
    };
}
