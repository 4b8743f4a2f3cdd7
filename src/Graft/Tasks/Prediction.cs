namespace Graft.Tasks;

/// <summary>What a model says about one row for one task, in words: made to be written as JSON.</summary>
/// <param name="Task">The task's name.</param>
public sealed record Prediction(string Task)
{
    /// <summary>Binary and multi-class: the class, as the training rows named it; null for other kinds.</summary>
    public string? Class { get; init; }

    /// <summary>Multi-label: the labels with a probability above one half; null for other kinds.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>The probability of each class or label, 0..1; null for regression. A value is null where the model gives no finite number.</summary>
    public IReadOnlyDictionary<string, float?>? Probabilities { get; init; }

    /// <summary>Regression: each quantity in the unit of the training rows; null for other kinds. A value is null where the model gives no finite number.</summary>
    public IReadOnlyDictionary<string, float?>? Quantities { get; init; }
}
