using System.Reflection;

namespace Graft.Tasks.Metrics;

/// <summary>A number that says how good predictions are.</summary>
/// <remarks>
/// Sums are taken in double precision. Rows (or single outputs) without a truth are left out. NaN means undefined: no row is left, a
/// prediction is not a finite number, or the metric's own condition is not met, such as rows of both classes for roc-auc.
/// Where rows have weights, every count below is a sum of weights.
/// </remarks>
[Family("metrics")]
public abstract class Metric
{
    /// <summary>The name under which reports show it, such as "roc-auc".</summary>
    public string Name => GetType().GetCustomAttribute<NamedAttribute>()?.Name ?? GetType().Name;

    /// <summary>Whether more is better; where not, less is.</summary>
    public virtual bool HigherIsBetter => true;

    /// <summary>Whether the metric is defined for tasks of that kind.</summary>
    public abstract bool AppliesTo(TaskKind kind);

    /// <summary>Computes the metric.</summary>
    /// <returns>The value, or NaN where it is undefined.</returns>
    /// <exception cref="ArgumentException">The metric does not apply to that kind of task.</exception>
    public double Compute(MetricInput input) =>
        !AppliesTo(input.Kind) ? throw new ArgumentException($"{Name}: expected another kind of task, got {input.Kind}. It is not defined there.", nameof(input))
        : input.Count == 0 || !input.IsFinite ? double.NaN
        : Evaluate(input);

    /// <summary>Whether one value is better than another; anything is better than NaN.</summary>
    public bool IsBetter(double value, double than) =>
        !double.IsNaN(value) && (double.IsNaN(than) || (HigherIsBetter ? value > than : value < than));

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>The formula; at least one row, and every prediction is finite.</summary>
    protected abstract double Evaluate(MetricInput input);

    private protected static bool IsClasses(TaskKind kind) => kind is TaskKind.Binary or TaskKind.MultiClass;

    private protected static bool IsClassification(TaskKind kind) => kind != TaskKind.Regression;

    /// <summary>The mean of what is not NaN; NaN where nothing is.</summary>
    private protected static double MeanOfDefined(IEnumerable<double> values) =>
        values.Where(v => !double.IsNaN(v)).DefaultIfEmpty(double.NaN).Average();
}
