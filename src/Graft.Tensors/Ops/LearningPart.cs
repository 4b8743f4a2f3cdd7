using Graft.Tensors.Autograd;

namespace Graft.Tensors.Ops;

/// <summary>A convolution and a normalization behind it that learns.</summary>
/// <param name="Conv">The convolution.</param>
/// <param name="Norm">The normalization; its running statistics are moved.</param>
/// <param name="Momentum">Share of the batch in them.</param>
internal readonly record struct LearningPart(ConvParts Conv, NormConstants Norm, float Momentum)
{
    /// <summary>Whether there is no bias, and a factor and a shift.</summary>
    public bool IsPlain => Conv.Bias is null && Norm.Scale is not null && Norm.Shift is not null;
}

/// <summary>The parts of a normalization with a factor and a shift.</summary>
internal readonly struct NormNodes(in NormConstants norm, int channels)
{
    public Node Mean { get; } = NormParts.Vector(norm.Mean, channels, "BatchNorm", "running means");

    public Node Variance { get; } = NormParts.Vector(norm.Variance, channels, "BatchNorm", "running variances");

    public Node Scale { get; } = NormParts.Vector(norm.Scale!.Value, channels, "BatchNorm", "weights");

    public Node Shift { get; } = NormParts.Vector(norm.Shift!.Value, channels, "BatchNorm", "biases");
}
