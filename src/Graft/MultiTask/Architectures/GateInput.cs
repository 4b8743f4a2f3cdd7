using Graft.Data.Encoders;
using Graft.Tensors;

namespace Graft.MultiTask.Architectures;

/// <summary>What a gate sees of pictures. Of tables it sees the row, of sequences the mean over the steps, of texts how often each token stands in them.</summary>
public enum GateInput
{
    /// <summary>Every pixel of every channel.</summary>
    Flatten,

    /// <summary>The mean of every channel: few weights, and any size of picture.</summary>
    Pool,
}

/// <summary>Makes the rows that a gate sees.</summary>
internal static class GateInputs
{
    /// <summary>How many numbers a gate sees of a row.</summary>
    public static int Width(this GateInput input, InputShape shape) => shape.Kind switch
    {
        InputKind.Table => shape.Sizes[0],
        InputKind.Sequence => shape.Sizes[1],
        InputKind.Tokens => shape.Vocabulary,
        _ => input == GateInput.Pool ? shape.Sizes[2] : shape.Length,
    };

    /// <summary>What a gate sees.</summary>
    /// <param name="input">Of pictures.</param>
    /// <param name="x">Rows of the shape.</param>
    /// <param name="lengths">Of sequences and texts; null where all are full.</param>
    /// <param name="shape">What one row looks like.</param>
    /// <returns>[B, width].</returns>
    public static Tensor Rows(this GateInput input, Tensor x, Tensor? lengths, InputShape shape) => shape.Kind switch
    {
        InputKind.Table => x,
        InputKind.Sequence => lengths is { } steps ? x.Sum(1) / steps.ToFloat().Clamp(1, float.MaxValue).Reshape([steps.Count, 1]) : x.Mean(1),
        InputKind.Tokens => Shares(x, lengths, shape.Vocabulary),
        _ => input == GateInput.Pool ? x.AdaptiveAvgPool2d(1).Flatten() : x.Flatten(),
    };

    // The share of each token in a text, [B, V].
    private static Tensor Shares(Tensor x, Tensor? lengths, int vocabulary)
    {
        int rows = x.Shape[0], steps = x.Shape[1];
        int[] tokens = x.ToInt().ToIntArray();
        int[]? counts = lengths?.ToIntArray();
        var shares = new float[checked(rows * vocabulary)];
        for (int row = 0; row < rows; row++)
        {
            int count = counts is null ? steps : Math.Min(counts[row], steps);
            foreach (int token in tokens.AsSpan(row * steps, count))
            {
                shares[(row * vocabulary) + token] += 1f / count;
            }
        }

        return Tensor.ForStep(shares, [rows, vocabulary]);
    }
}
