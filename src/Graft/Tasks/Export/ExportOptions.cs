using Graft.Tensors;

namespace Graft.Tasks.Export;

/// <summary>How a model becomes an ONNX file, and what its card says.</summary>
/// <param name="Logits">Whether classes come out as logits, what stands before softmax or sigmoid, instead of probabilities. Regressions are not touched.</param>
/// <param name="Normalize">Whether inputs go in as they are outside, and the graph scales them: pixels from 0 to 255 in red, green, blue; numbers in their own units, NaN where
/// they are missing; categories by the places of their levels from 0, -1 for others. Texts are always tokens.</param>
/// <param name="Crop">Size of pictures that go in, of which the graph takes the middle; null for those of the model's own size.</param>
/// <param name="Tasks">Names of the tasks that come out, in this order; null for all.</param>
public sealed record ExportOptions(bool Logits = false, bool Normalize = false, Pair? Crop = null, IReadOnlyList<string>? Tasks = null)
{
    /// <summary>What the model is called in its card and in the graph; null for the name of the file.</summary>
    public string? Name { get; init; }

    /// <summary>What was measured of it, a line each, for the card; empty where nothing is known.</summary>
    public IReadOnlyList<ExportedMetric> Metrics { get; init; } = [];

    /// <summary>Where data and weights came from and under what terms, a line of Markdown each, for the card; empty where nothing is known.</summary>
    public IReadOnlyList<string> Sources { get; init; } = [];
}

/// <summary>A number in a model card.</summary>
/// <param name="Task">The task.</param>
/// <param name="Split">The rows that it was measured on, such as "test".</param>
/// <param name="Metric">The metric, such as "accuracy".</param>
/// <param name="Value">The number.</param>
public sealed record ExportedMetric(string Task, string Split, string Metric, double Value);
