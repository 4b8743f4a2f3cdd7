using System.Globalization;
using Graft.Nn.Initializers;
using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;

namespace Graft.Nn.Layers;

/// <summary>Normalizes each channel by mean and variance: those of the batch while it learns, running ones otherwise.</summary>
/// <remarks>For rows [B, C], sequences [B, C, L] and pictures [B, C, H, W] alike. Frozen means frozen: a frozen layer uses its running statistics and
/// leaves them as they are, also in training. Each batch moves them by the momentum's share; the running variance is the unbiased one.</remarks>
[Paper("Ioffe & Szegedy, Batch Normalization: Accelerating Deep Network Training by Reducing Internal Covariate Shift, ICML 2015", "https://arxiv.org/abs/1502.03167")]
public sealed class BatchNorm : Module, ITakesRelu
{
    private readonly float _momentum;
    private readonly float _epsilon;

    /// <param name="channels">Size of axis 1; at least 1.</param>
    /// <param name="momentum">Share of each batch in the running statistics; from 0 to 1.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <param name="affine">Whether a factor and a shift of each channel are learned.</param>
    public BatchNorm(int channels, float momentum = 0.1f, float epsilon = 1e-5f, bool affine = true)
    {
        Channels = Check.AtLeast(1, channels);
        _momentum = Check.Within(0, 1, momentum);
        _epsilon = Check.Positive(epsilon);
        Weight = affine ? new Parameter([channels], Init.Ones) : null;
        Bias = affine ? new Parameter([channels], Init.Zeros) : null;
        RunningMean = new BufferTensor([channels], Init.Zeros);
        RunningVar = new BufferTensor([channels], Init.Ones);
    }

    /// <summary>Size of axis 1.</summary>
    public int Channels { get; }

    /// <summary>The factor of each channel, shape [C], or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>The shift of each channel, shape [C], or null.</summary>
    public Parameter? Bias { get; }

    /// <summary>The mean of each channel over the batches so far, shape [C].</summary>
    public BufferTensor RunningMean { get; }

    /// <summary>The variance of each channel over the batches so far, shape [C].</summary>
    public BufferTensor RunningVar { get; }

    /// <param name="x">Shape [B, C], [B, C, L] or [B, C, H, W].</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ShapeException">Axis 1 is not <see cref="Channels"/>, or while it learns there is one value a channel.</exception>
    public override Tensor Forward(Tensor x) => Forward(x, relu: false);

    /// <summary>The same with max(y, 0) in the same pass.</summary>
    /// <param name="x">Shape [B, C], [B, C, L] or [B, C, H, W].</param>
    /// <param name="relu">Whether negative results become 0.</param>
    /// <returns>The same shape.</returns>
    public Tensor Forward(Tensor x, bool relu) => Forward(x, relu ? Rectifier.Relu : Rectifier.None);

    /// <summary>The same with something added and a rectifier in the same pass: y = act(norm(x) + residual).</summary>
    /// <param name="x">Shape [B, C], [B, C, L] or [B, C, H, W].</param>
    /// <param name="rectifier">What becomes of the results.</param>
    /// <param name="residual">The same shape, or absent: 0.</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    public Tensor Forward(Tensor x, Rectifier rectifier, Tensor? residual = null)
    {
        Expect.ChannelsAtAxis1(this, x, Channels);
        if (IsLearning && x.Count == Channels)
        {
            throw new ShapeException(ToString(), "more than one value a channel to learn from", x.Shape.ToString(), "Take larger batches, or drop a last batch of one row.");
        }

        Unfold();
        return x.BatchNorm(RunningMean.Value, RunningVar.Value, Weight?.Value, Bias?.Value, IsLearning, _momentum, _epsilon, rectifier, residual);
    }

    /// <summary>A convolution and this behind it, while it learns, in one op; null where they are two.</summary>
    internal Tensor? Learn(Tensor x, in ConvParts conv, Rectifier rectifier, Tensor? residual)
    {
        Unfold();
        return ConvNormOperation.Apply(x, conv, Constants, _momentum, rectifier, residual);
    }

    /// <summary>A convolution and this behind it, for an op that learns.</summary>
    internal LearningPart LearnsWith(in ConvParts conv)
    {
        Unfold();
        return new LearningPart(conv, Constants, _momentum);
    }

    /// <summary>Whether weights of a convolution that hold it are kept.</summary>
    internal bool IsFolded => Folded.IsFilled;

    /// <summary>The convolution before it, with this normalization in its weights.</summary>
    internal FoldedConv2d Folded { get; } = new();

    /// <summary>What it normalizes by while it does not learn.</summary>
    internal NormConstants Constants => new(RunningMean.Value, RunningVar.Value, Weight?.Value, Bias?.Value, _epsilon);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"BatchNorm({Channels})");

    // A pass that is not folded: the memory is given back.
    private void Unfold()
    {
        if (Folded.IsFilled && Tape.Current.Trace is null)
        {
            Folded.Release();
        }
    }
}
