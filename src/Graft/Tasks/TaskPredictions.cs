namespace Graft.Tasks;

/// <summary>What a model says about some rows for one task, as numbers and in words.</summary>
/// <param name="Task">The task.</param>
/// <param name="Names">Classes (binary: negative, positive), labels or quantities.</param>
/// <param name="Values">[rows, outputs]: probabilities (binary: of the positive class), or quantities in the unit of the training rows.</param>
public sealed record TaskPredictions(TaskSpec Task, IReadOnlyList<string> Names, float[] Values)
{
    /// <summary>Number of rows.</summary>
    public int Count => Values.Length / Task.Outputs;

    /// <summary>What is said about a row.</summary>
    /// <param name="row">0-based row.</param>
    public Prediction this[int row] => Task.Kind switch
    {
        TaskKind.Binary => new Prediction(Task.Name) { Class = Names[ClassOf(row)], Probabilities = Named([1 - Values[row], Values[row]]) },
        TaskKind.MultiClass => new Prediction(Task.Name) { Class = Names[ClassOf(row)], Probabilities = Named(Row(row)) },
        TaskKind.MultiLabel => new Prediction(Task.Name) { Labels = [.. Names.Where((_, i) => Row(row)[i] > 0.5f)], Probabilities = Named(Row(row)) },
        _ => new Prediction(Task.Name) { Quantities = Named(Row(row)) },
    };

    /// <summary>The numbers of a row.</summary>
    /// <param name="row">0-based row.</param>
    /// <returns>As many as the task has outputs.</returns>
    public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Task.Outputs, Task.Outputs);

    /// <summary>Binary and multi-class: the class of a row, the most probable one, the first of equals; binary: the positive one above one half.</summary>
    /// <param name="row">0-based row.</param>
    /// <returns>Its place in <see cref="Names"/>.</returns>
    /// <exception cref="InvalidOperationException">The task has no classes.</exception>
    public int ClassOf(int row)
    {
        switch (Task.Kind)
        {
            case TaskKind.Binary:
                return Values[row] > 0.5f ? 1 : 0;
            case TaskKind.MultiClass:
                ReadOnlySpan<float> own = Row(row);
                int best = 0;
                for (int c = 1; c < own.Length; c++)
                {
                    best = own[c] > own[best] ? c : best;
                }

                return best;
            default:
                throw new InvalidOperationException($"{Task}: expected a task of classes, got one of kind {Task.Kind}.");
        }
    }

    private Dictionary<string, float?> Named(ReadOnlySpan<float> values)
    {
        var named = new Dictionary<string, float?>(values.Length, StringComparer.Ordinal);
        for (int i = 0; i < values.Length; i++)
        {
            named[Names[i]] = float.IsFinite(values[i]) ? values[i] : null;
        }

        return named;
    }
}

/// <summary>What a model says about some rows.</summary>
/// <param name="Count">Number of rows.</param>
/// <param name="Tasks">For each task.</param>
/// <param name="Notices">What was not as in training, a line each: unseen levels, sequences that were cut.</param>
public sealed record Predictions(int Count, IReadOnlyList<TaskPredictions> Tasks, IReadOnlyList<string> Notices)
{
    /// <summary>What is said for the task of that name.</summary>
    /// <exception cref="KeyNotFoundException">It was not predicted.</exception>
    public TaskPredictions this[string task] => Tasks.FirstOrDefault(t => t.Task.Name == task)
        ?? throw new KeyNotFoundException($"Predictions: expected one of {string.Join(", ", Tasks.Select(t => t.Task.Name))}, got '{task}'.");

    /// <summary>What is said about a row for each task.</summary>
    /// <param name="row">0-based row.</param>
    public IReadOnlyList<Prediction> Row(int row) => [.. Tasks.Select(t => t[row])];
}
