using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate falls along half a cosine: factor = end + (1 − end) · (1 + cos(π · step / steps)) / 2.</summary>
/// <param name="end">The factor at the end of the training; from 0 to 1.</param>
[Named("cosine")]
[Paper("Loshchilov & Hutter, SGDR: Stochastic Gradient Descent with Warm Restarts, ICLR 2017", "https://arxiv.org/abs/1608.03983")]
public sealed class CosineSchedule(double end = 0) : Schedule
{
    private readonly double _end = Check.Within(0.0, 1.0, end);

    /// <inheritdoc/>
    public override float At(long step, long totalSteps) => (float)Cosine(1, _end, Share(step, totalSteps));

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"CosineSchedule(end: {_end})");
}
