namespace Graft.Training;

/// <summary>Measures a model in the midst of its training, on rows that it does not learn from.</summary>
public interface IValidation
{
    /// <summary>Measures the model as it is now; the training is not disturbed by it.</summary>
    /// <returns>Scores of each task.</returns>
    IReadOnlyList<TaskScores> Run();
}

/// <summary>How good a model is at one task.</summary>
/// <param name="Task">The task's name.</param>
/// <param name="Loss">The task's loss over all rows that have a label; NaN where none has.</param>
/// <param name="Metrics">Metrics by their lower-kebab names; NaN where one is undefined.</param>
public sealed record TaskScores(string Task, double Loss, IReadOnlyDictionary<string, double> Metrics);
