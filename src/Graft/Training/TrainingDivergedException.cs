namespace Graft.Training;

/// <summary>The objective of a training became infinite or no number; the weights are of no use.</summary>
/// <param name="message">Which loss, in which epoch, at which step.</param>
public sealed class TrainingDivergedException(string message) : Exception(message);
