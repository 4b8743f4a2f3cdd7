using Graft.Tensors;

namespace Graft.Nn.Layers;

/// <summary>What sequences of different lengths in one tensor need: which steps count, and means and greatest values over those alone.</summary>
/// <remarks>B rows of at most T steps.</remarks>
public static class Steps
{
    // Far below every score and far from overflow: its exponential is exactly 0 beside any other.
    private const float Never = -1e30f;

    // So many numbers have room on the stack.
    private const int Few = 1024;

    /// <summary>1 at every step that counts and 0 behind the end of a row.</summary>
    /// <param name="lengths">Integers [B]; null where all rows are full.</param>
    /// <param name="rows">B.</param>
    /// <param name="steps">T; at least 1.</param>
    /// <param name="least">How many steps count at least; from 0 to T.</param>
    /// <returns>Shape [B, T], or null where every step of every row counts.</returns>
    /// <exception cref="ShapeException">There are not as many lengths as rows.</exception>
    public static Tensor? Mask(Tensor? lengths, int rows, int steps, int least = 0)
    {
        if (lengths is not { } given)
        {
            return null;
        }

        if (given.Rank != 1 || given.Count != rows)
        {
            throw new ShapeException("Steps", $"a length for each of {rows} rows", given.Shape.ToString());
        }

        Span<float> counts = rows <= Few ? stackalloc float[rows] : new float[rows];
        given.CopyTo(counts);
        if (!counts.ContainsAnyInRange(float.MinValue, steps - 1))
        {
            return null;
        }

        // By ops alone, so that a trace sees where the mask comes from.
        Span<float> places = steps <= Few ? stackalloc float[steps] : new float[steps];
        for (int i = 0; i < steps; i++)
        {
            places[i] = i;
        }

        return given.ToFloat().Clamp(least, float.MaxValue).Reshape([rows, 1]).GreaterThan(Tensor.ForStep(places, [1, steps]));
    }

    /// <summary>The steps that count, and 0 instead of all others.</summary>
    /// <param name="x">Shape [B, T, F].</param>
    /// <param name="lengths">Integers [B]; null where all rows are full.</param>
    /// <returns>Shape [B, T, F].</returns>
    public static Tensor Masked(Tensor x, Tensor? lengths) =>
        Mask(lengths, x.Shape[0], x.Shape[1]) is { } mask ? x * mask.Reshape([x.Shape[0], x.Shape[1], 1]) : x;

    /// <summary>The mean over the steps that count; 0 where none does.</summary>
    /// <param name="x">Shape [B, T, F].</param>
    /// <param name="lengths">Integers [B]; null where all rows are full.</param>
    /// <returns>Shape [B, F].</returns>
    public static Tensor Mean(Tensor x, Tensor? lengths) => Mask(lengths, x.Shape[0], x.Shape[1]) is { } mask
        ? mask.Reshape([x.Shape[0], 1, x.Shape[1]]).MatMul(x).Squeeze(1) / lengths!.Value.ToFloat().Clamp(1, float.MaxValue).Reshape([x.Shape[0], 1])
        : x.Mean(1);

    /// <summary>The greatest value of the steps that count.</summary>
    /// <param name="x">Shape [B, T, F].</param>
    /// <param name="lengths">Integers [B]; null where all rows are full. Of a row without any step the first one counts.</param>
    /// <returns>Shape [B, F].</returns>
    public static Tensor Max(Tensor x, Tensor? lengths) =>
        Mask(lengths, x.Shape[0], x.Shape[1], least: 1) is { } mask
            ? (x + ((mask - 1) * float.MaxValue).Reshape([x.Shape[0], x.Shape[1], 1])).Max(1)
            : x.Max(1);

    /// <summary>Exponentials of the steps that count, divided by their sum; 0 for all others.</summary>
    /// <param name="x">Shape [..., T] with B as the first axis.</param>
    /// <param name="lengths">Integers [B]; null where all rows are full. Of a row without any step the first one counts.</param>
    /// <param name="scale">Times the elements before; greater than 0.</param>
    /// <returns>The same shape.</returns>
    public static Tensor Softmax(Tensor x, Tensor? lengths, float scale = 1)
    {
        if (Mask(lengths, x.Shape[0], x.Shape[-1], least: 1) is { } mask)
        {
            Span<int> sizes = stackalloc int[x.Rank];
            sizes.Fill(1);
            (sizes[0], sizes[^1]) = (x.Shape[0], x.Shape[-1]);
            x += ((1 - mask) * Never).Reshape(sizes);
        }

        return x.Softmax(-1, scale);
    }
}
