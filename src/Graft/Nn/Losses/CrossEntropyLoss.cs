using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>Cross-entropy between the softmax of the outputs and the classes: −log of the probability of the right one.</summary>
/// <remarks>Output [B, C] or [B, C, ...]; target integers [B] or [B, ...], or probabilities of the output's shape. With class weights the mean is
/// weighted by those of the targets, as in PyTorch.</remarks>
[Named("cross-entropy")]
public sealed class CrossEntropyLoss : Loss
{
    private readonly Tensor? _classWeights;
    private readonly float _labelSmoothing;
    private readonly int _ignore;

    /// <param name="classWeights">A factor for each class, 0 or more. Left out: all 1.</param>
    /// <param name="labelSmoothing">Share of every target that is spread evenly over all classes; in [0, 1).</param>
    /// <param name="ignore">The class number that says: no label.</param>
    public CrossEntropyLoss(float[]? classWeights = null, float labelSmoothing = 0, int ignore = -1)
    {
        foreach (float weight in classWeights ?? [])
        {
            Check.NonNegative(weight, nameof(classWeights));
        }

        _classWeights = classWeights is null ? null : Tensor.From(classWeights, [classWeights.Length]);
        _labelSmoothing = Check.Fraction(labelSmoothing);
        _ignore = ignore;
    }

    /// <inheritdoc/>
    public override Tensor Apply(Tensor output, Tensor target) => output.CrossEntropy(target, _classWeights, _labelSmoothing, _ignore);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"CrossEntropyLoss(labelSmoothing: {_labelSmoothing})");
}
