using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>Cross-entropy between the sigmoid of the outputs and labels: for two classes, or for any number of labels at once.</summary>
/// <remarks>Output scores, target of the same shape with numbers in [0, 1]; NaN says: no label.</remarks>
[Named("binary-cross-entropy")]
public sealed class BinaryCrossEntropyLoss : Loss
{
    private readonly Tensor? _positiveWeights;

    /// <param name="positiveWeights">A factor of what positive targets contribute, one number or one a label; greater than 0. Left out: 1.</param>
    public BinaryCrossEntropyLoss(params float[] positiveWeights)
    {
        foreach (float weight in positiveWeights)
        {
            Check.Positive(weight, nameof(positiveWeights));
        }

        _positiveWeights = positiveWeights.Length == 0 ? null : Tensor.From(positiveWeights, [positiveWeights.Length]);
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor output, Tensor target) => output.BinaryCrossEntropyWithLogits(target, positiveWeights: _positiveWeights);

    /// <inheritdoc/>
    public override string ToString() => "BinaryCrossEntropyLoss";
}
