namespace Graft.Tasks;

/// <summary>What is predicted: a task as it was fitted to its training rows.</summary>
public sealed record TaskSpec
{
    /// <summary>Its name in the experiment; unique there.</summary>
    public required string Name { get; init; }

    /// <summary>Binary, multi-class, multi-label or regression.</summary>
    public required TaskKind Kind { get; init; }

    /// <summary>Numbers a head gives for one row: 1 for binary, the classes, the labels, or the quantities; at least 1.</summary>
    public required int Outputs { get; init; }

    /// <summary>The classes (binary: negative, positive), the labels, or the names of the quantities.</summary>
    public IReadOnlyList<string> Classes { get; init; } = [];

    /// <summary>Weight of each class in the loss, or null for equal weights. Binary: negative, positive.</summary>
    public float[]? ClassWeights { get; init; }

    /// <summary>Label smoothing of multi-class tasks, in [0, 1).</summary>
    public float LabelSmoothing { get; init; }

    /// <summary>The head it uses; tasks that share their labels may share one. Its own by default.</summary>
    public string HeadName { get => field ?? Name; init; }

    /// <summary>Whether the features of the trunk are the outputs already, as those of a network with its own last layer: then the head has no weights.</summary>
    public bool IsDirect { get; init; }

    /// <summary>Whether those outputs are probabilities of the classes rather than logits.</summary>
    public bool IsProbability { get; init; }

    /// <summary>A task as a fitted target encoder describes it.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="target">Its classes or quantities.</param>
    public static TaskSpec From(string name, TargetEncoder target) => new() { Name = name, Kind = target.Kind, Outputs = target.Outputs, Classes = target.Names };

    /// <inheritdoc/>
    public override string ToString() => $"{Name} ({Kind}, {Outputs})";
}
