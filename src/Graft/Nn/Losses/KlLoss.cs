using Graft.Tensors;

namespace Graft.Nn.Losses;

/// <summary>Kullback-Leibler divergence of the outputs' softmax from given probabilities, averaged over the rows.</summary>
/// <remarks>Output scores [B, C]; target probabilities [B, C], each row summing to 1. It is the cross-entropy less the target's own entropy, and so 0 where both agree.</remarks>
[Named("kl")]
[Paper("Kullback & Leibler, On Information and Sufficiency, Annals of Mathematical Statistics 1951", "https://doi.org/10.1214/aoms/1177729694")]
public sealed class KlLoss : Loss
{
    /// <inheritdoc/>
    public override Tensor Apply(Tensor output, Tensor target) => output.LogSoftmax().KlDivergence(target);

    /// <inheritdoc/>
    public override string ToString() => "KlLoss";
}
