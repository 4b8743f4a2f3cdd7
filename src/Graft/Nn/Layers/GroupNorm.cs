using Graft.Nn.Initializers;
using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>Normalizes each picture by the mean and variance of groups of its channels: independent of the batch.</summary>
[Paper("Wu & He, Group Normalization, ECCV 2018", "https://arxiv.org/abs/1803.08494")]
public sealed class GroupNorm : Module
{
    private readonly float _epsilon;

    /// <param name="groups">Number of groups of neighboring channels; at least 1, divides the channels.</param>
    /// <param name="channels">Size of axis 1; at least 1.</param>
    /// <param name="epsilon">Added to the variance; greater than 0.</param>
    /// <param name="affine">Whether a factor and a shift of each channel are learned.</param>
    public GroupNorm(int groups, int channels, float epsilon = 1e-5f, bool affine = true)
    {
        Channels = Check.AtLeast(1, channels);
        Groups = Expect.Divides(Check.AtLeast(1, groups), channels, channels, nameof(groups));
        _epsilon = Check.Positive(epsilon);
        Weight = affine ? new Parameter([channels], Init.Ones) : null;
        Bias = affine ? new Parameter([channels], Init.Zeros) : null;
    }

    /// <summary>Number of groups.</summary>
    public int Groups { get; }

    /// <summary>Size of axis 1.</summary>
    public int Channels { get; }

    /// <summary>The factor of each channel, shape [C], or null.</summary>
    public Parameter? Weight { get; }

    /// <summary>The shift of each channel, shape [C], or null.</summary>
    public Parameter? Bias { get; }

    /// <param name="x">Shape [B, C], [B, C, L] or [B, C, H, W].</param>
    /// <returns>The same shape.</returns>
    /// <exception cref="ShapeException">Axis 1 is not <see cref="Channels"/>.</exception>
    public override Tensor Forward(Tensor x)
    {
        Expect.ChannelsAtAxis1(this, x, Channels);
        return x.GroupNorm(Groups, Weight?.Value, Bias?.Value, _epsilon);
    }

    /// <inheritdoc/>
    public override string ToString() => $"GroupNorm({Channels} in {Groups} groups)";
}
