namespace Graft.Training;

/// <summary>How a training went.</summary>
/// <param name="Steps">Updates made.</param>
/// <param name="Epochs">Epochs begun.</param>
/// <param name="Reason">Why it ended.</param>
/// <param name="BestStep">Updates made when the weights were those of the result.</param>
/// <param name="BestEpoch">The epoch of that, counted from 1.</param>
/// <param name="History">Every finished epoch and every validation, in order.</param>
public sealed record TrainingResult(long Steps, int Epochs, StopReason Reason, long BestStep, int BestEpoch, IReadOnlyList<TrainingEvent> History);
