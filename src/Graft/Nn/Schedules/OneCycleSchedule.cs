using System.Globalization;
using Graft.Tensors;

namespace Graft.Nn.Schedules;

/// <summary>The learning rate rises to its full value along half a cosine and falls far below its start along another.</summary>
/// <remarks>From 1 / start to 1 in the first part, then to 1 / (start · end), reached at the last step, as PyTorch's OneCycleLR has it.
/// Differs from the paper: momentum is not cycled the other way round.</remarks>
/// <param name="rise">Share of the training in which the rate rises; in [0, 1).</param>
/// <param name="start">How many times smaller than the full rate it begins; at least 1.</param>
/// <param name="end">How many times smaller than the first rate it ends; at least 1.</param>
[Named("one-cycle")]
[Paper("Smith & Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates, 2018", "https://arxiv.org/abs/1708.07120")]
public sealed class OneCycleSchedule(double rise = 0.3, double start = 25, double end = 10000) : Schedule
{
    private readonly double _rise = Check.Fraction(rise);
    private readonly double _start = Check.Within(1, double.MaxValue, start);
    private readonly double _end = Check.Within(1, double.MaxValue, end);

    /// <inheritdoc/>
    public override float At(long step, long totalSteps)
    {
        double top = Math.Max(0, (_rise * totalSteps) - 1), last = totalSteps - 1;
        return (float)(step < top
            ? Cosine(1 / _start, 1, step / top)
            : Cosine(1, 1 / (_start * _end), last > top ? Math.Min(1, (step - top) / (last - top)) : 0));
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"OneCycleSchedule(rise: {_rise}, start: {_start}, end: {_end})");
}
