using Graft.Data.Encoders;
using Graft.Tensors;
using Graft.Tensors.Random;

namespace Graft.Models.Graphs;

/// <summary>Example rows of an input shape, for tracing, and how a network gets them.</summary>
/// <remarks>Tables, pictures and sequences go in as "input": [B, F], [B, C, H, W] and [B, T, F]; texts as "tokens", integers [B, T]. What has lengths of its own has a second
/// input, "lengths", integers [B]; a network that never looks at it has none.</remarks>
public static class GraphSamples
{
    /// <summary>The inputs of a graph that takes such rows.</summary>
    /// <param name="shape">What one row looks like.</param>
    public static IReadOnlyList<GraphSample> Of(InputShape shape)
    {
        var input = new GraphSample(shape.Kind == InputKind.Tokens ? "tokens" : "input", rows => Rows(shape, rows));
        return shape.HasLengths ? [input, new GraphSample("lengths", rows => Lengths(shape.Sizes[0], rows))] : [input];
    }

    /// <summary>The rows as a backbone takes them.</summary>
    /// <param name="given">What went into the graph, in the order of <see cref="Of"/>.</param>
    /// <returns>The input, of numbers, and lengths where there are any.</returns>
    public static (Tensor Input, Tensor? Lengths) Taken(IReadOnlyList<Tensor> given) => (given[0].ToFloat(), given.Count > 1 ? given[1] : null);

    private static Tensor Rows(InputShape shape, int rows)
    {
        Shape all = Shape.Create([rows, .. shape.TensorSizes]);
        if (shape.Kind == InputKind.Tokens)
        {
            return Tensor.From([.. Enumerable.Range(1, all.Count).Select(i => (int)(i * 7L % Math.Max(1, shape.Vocabulary)))], all);
        }

        var values = new float[all.Count];
        RandomStream.For(1, "trace").FillNormal(values);
        return Tensor.From(values, all);
    }

    // Never all steps, so that a network shows what it does with those that do not count.
    private static Tensor Lengths(int steps, int rows) => Tensor.From([.. Enumerable.Range(0, rows).Select(i => Math.Max(1, steps - 1 - i))], [rows]);
}
