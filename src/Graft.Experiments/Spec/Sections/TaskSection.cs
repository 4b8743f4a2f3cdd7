using Graft.Experiments.Catalogue;
using Graft.Tasks;
using Graft.Tasks.Metrics;
using Graft.Tensors;

namespace Graft.Experiments.Spec;

/// <summary>One task: what is to be said about the rows of a data set.</summary>
/// <param name="Type">What kind of answer it has.</param>
/// <param name="Target">The column that holds the answer; for regression and multi-label also several.</param>
/// <param name="Data">The data set; may be left out where there is only one.</param>
/// <param name="Positive">The value of the target that counts as yes, for a binary task; left out, the later one in order.</param>
/// <param name="Balance">Whether rare classes weigh more in the loss, in inverse proportion to their rows.</param>
/// <param name="LabelSmoothing">Share of the label that is spread over all classes, in [0, 1).</param>
/// <param name="Weight">How much the task's loss counts beside others, greater than 0.</param>
/// <param name="Head">Tasks with the same head name share one head, and so their labels; left out, a head of its own.</param>
/// <param name="Each">A column every value of which makes a task of its own, called "name-value"; left out, one task.</param>
/// <param name="Apart">Whether rows of each of those tasks come in batches of their own rather than mixed with the others'; with "each" only.</param>
/// <param name="Classes">The classes in their order, those that no training row has among them: a list, or a file with a class a line (as `graft predict` takes them too); left out, those of the training rows.</param>
/// <param name="Standardize">Whether the numbers of a regression are brought to mean 0 and standard deviation 1 to learn from, each task by its own training rows.</param>
/// <param name="Metrics">How it is judged, the deciding metric first; left out, what suits the type.</param>
public sealed record TaskSection(
    TaskKind Type,
    IReadOnlyList<string> Target,
    string? Data = null,
    string? Positive = null,
    bool Balance = false,
    double LabelSmoothing = 0,
    double Weight = 1,
    string? Head = null,
    string? Each = null,
    bool Apart = false,
    IReadOnlyList<Part<Metric>>? Metrics = null,
    bool Standardize = true,
    IReadOnlyList<string>? Classes = null) : SpecRecord
{
    /// <summary>Whether rows of each of those tasks come in batches of their own.</summary>
    public bool Apart { get; init; } = !Apart || Each is not null
        ? Apart
        : throw new ArgumentException("Apart: expected a column 'each' whose values make tasks, got none.", nameof(Apart));

    /// <summary>The columns that hold the answer; at least one, all different.</summary>
    public IReadOnlyList<string> Target { get; init; } =
        Target.Count > 0 && Target.All(t => t.Length > 0) && Target.Distinct(StringComparer.Ordinal).Count() == Target.Count
            ? Target
            : throw new ArgumentException($"Target: expected at least one column, all different, got [{string.Join(", ", Target)}].", nameof(Target));

    /// <summary>Share of the label that is spread over all classes.</summary>
    public double LabelSmoothing { get; init; } = LabelSmoothing is >= 0 and < 1
        ? LabelSmoothing
        : throw new ArgumentOutOfRangeException(nameof(LabelSmoothing), LabelSmoothing, FormattableString.Invariant($"LabelSmoothing: expected a number in [0, 1), got {LabelSmoothing}."));

    /// <summary>How much the task's loss counts beside others.</summary>
    public double Weight { get; init; } = Check.Positive(Weight);
}
