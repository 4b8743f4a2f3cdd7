using Graft.Tensors;
using Graft.Tensors.Autograd;
using Graft.Tensors.Random;

namespace Graft.Nn.Layers;

/// <summary>Scaled dot-product attention: every place takes a mean of the values, weighted by how well its query fits their keys.</summary>
/// <remarks>
/// <para>For each head softmax(Q Kᵀ / sqrt(D)) V (paper, equation 1). B rows, T queries, S keys and values, heads of size D side by side in the last axis.</para>
/// <para>Cost: 4 B T S E operations; B heads T S numbers are kept for the way back, where there is one. Queries, keys and values are read as they lie: they may be parts
/// of one tensor. It is one op (<see cref="Tensor.Attention"/>); while a computation is traced, several smaller ones.</para>
/// </remarks>
public static class Attention
{
    /// <summary>Attention of all heads.</summary>
    /// <param name="query">Shape [B, T, E].</param>
    /// <param name="key">Shape [B, S, E].</param>
    /// <param name="value">Shape [B, S, V].</param>
    /// <param name="heads">Into how many E and V are divided; a divisor of both.</param>
    /// <param name="lengths">Integers [B]: how many keys of each row count, at least the first. Left out: all.</param>
    /// <param name="dropout">Drops weights while it learns; left out: none.</param>
    /// <returns>Shape [B, T, V].</returns>
    /// <exception cref="ShapeException">Shapes do not fit each other.</exception>
    public static Tensor Of(Tensor query, Tensor key, Tensor value, int heads, Tensor? lengths = null, Dropout? dropout = null)
    {
        if (Tape.Current.Trace is not null)
        {
            return Composed(query, key, value, heads, lengths, dropout);
        }

        return dropout is not null && dropout.Draw(out float p, out RandomStream stream)
            ? query.Attention(key, value, heads, lengths, p, stream)
            : query.Attention(key, value, heads, lengths);
    }

    // The same of smaller ops, all of which can be said as a graph.
    internal static Tensor Composed(Tensor query, Tensor key, Tensor value, int heads, Tensor? lengths, Dropout? dropout)
    {
        AttentionOperation.CheckShapes(query.Shape, key.Shape, value.Shape, Check.AtLeast(1, heads));
        int rows = query.Shape[0], places = query.Shape[1], width = value.Shape[2];
        Tensor scores = Divide(query, heads).MatMul(Divide(key, heads).Transpose());      // [B, heads, T, S]
        Tensor weights = Steps.Softmax(scores, lengths, 1 / MathF.Sqrt(query.Shape[2] / heads));
        weights = dropout?.Forward(weights) ?? weights;
        return weights.MatMul(Divide(value, heads)).Transpose(1, 2).Reshape([rows, places, width]);
    }

    // [B, T, heads D] seen as [B, heads, T, D].
    private static Tensor Divide(Tensor x, int heads) => x.Reshape([x.Shape[0], x.Shape[1], heads, x.Shape[2] / heads]).Transpose(1, 2);
}
