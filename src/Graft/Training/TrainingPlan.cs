using Graft.Nn.Schedules;
using Graft.Tensors;

namespace Graft.Training;

/// <summary>How long a training lasts, and what is done between its steps.</summary>
public sealed record TrainingPlan
{
    /// <summary>Rounds through the data; at least 1.</summary>
    public int Epochs { get; init => field = Check.AtLeast(1, value, nameof(Epochs)); } = 10;

    /// <summary>Updates, in place of <see cref="Epochs"/>; null for those.</summary>
    public long? Steps { get; init => field = value is { } steps ? Check.Positive(steps, nameof(Steps)) : null; }

    /// <summary>Time that training and validation may take; null for any.</summary>
    /// <remarks>It is turned into a number of steps once, at the start, by trying out some; they are then undone. The number stays as it is, so
    /// that a resumed training ends the same. Epochs or steps remain the most that is done.</remarks>
    public TimeSpan? TimeBudget { get; init => field = value is { } time ? TimeSpan.FromSeconds(Check.Positive(time.TotalSeconds, nameof(TimeBudget))) : null; }

    /// <summary>How the learning rate changes; at first it does not.</summary>
    public Schedule Schedule { get; init; } = new ConstantSchedule();

    /// <summary>Updates from one validation to the next; null for those of an epoch.</summary>
    public int? ValidateEvery { get; init => field = Least1(value, nameof(ValidateEvery)); }

    /// <summary>Chooses the best weights by validation; null for the last ones.</summary>
    public EarlyStopping? EarlyStopping { get; init; }

    /// <summary>Updates from one checkpoint to the next; null for the ends of epochs that lie at least ten seconds after the checkpoint before.</summary>
    /// <remarks>When checkpoints are written changes nothing in the training, only what must be done again after a crash.</remarks>
    public int? CheckpointEvery { get; init => field = Least1(value, nameof(CheckpointEvery)); }

    /// <summary>Updates from one <see cref="StepDone"/> to the next; null for the first one and then every twentieth of an epoch.</summary>
    public int? TellEvery { get; init => field = Least1(value, nameof(TellEvery)); }

    private static int? Least1(int? value, string name) => value is { } steps ? Check.AtLeast(1, steps, name) : null;
}
