namespace Graft.Nn.Schedules;

/// <summary>The learning rate stays as it is.</summary>
[Named("constant")]
public sealed class ConstantSchedule : Schedule
{
    /// <inheritdoc/>
    public override float At(long step, long totalSteps) => 1;

    /// <inheritdoc/>
    public override string ToString() => "ConstantSchedule";
}
