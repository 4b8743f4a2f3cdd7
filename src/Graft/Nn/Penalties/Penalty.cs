using Graft.Tensors;

namespace Graft.Nn.Penalties;

/// <summary>R(θ): a penalty on weights, added to the loss.</summary>
/// <remarks>Biases and normalization parameters (all of one axis) are left out: a penalty is on the axes of matrices and windows.</remarks>
[Family("penalties")]
public abstract class Penalty
{
    private readonly IReadOnlyList<string>? _layers;

    /// <param name="strength">λ: factor of the penalty; at least 0.</param>
    /// <param name="layers">Only weights whose paths begin with one of these, such as "trunk" or "heads"; null for all.</param>
    protected Penalty(float strength, IReadOnlyList<string>? layers)
    {
        Strength = Check.NonNegative(strength);
        _layers = layers;
    }

    /// <summary>λ.</summary>
    public float Strength { get; }

    /// <summary>λ R(θ) for a model's weights, recorded for the backward pass.</summary>
    /// <param name="parameters">The model's parameters; frozen ones count nothing.</param>
    /// <returns>A scalar.</returns>
    public Tensor Of(IEnumerable<Parameter> parameters)
    {
        Tensor sum = Tensor.Zero;
        if (Strength == 0)
        {
            return sum;
        }

        foreach (Parameter parameter in parameters)
        {
            if (!parameter.IsFrozen && parameter.Shape.Rank > 1 && IsChosen(parameter.Path))
            {
                sum += Term(parameter.Value);
            }
        }

        return Strength * sum;
    }

    /// <summary>R of one weight.</summary>
    /// <param name="weight">Shape [out, in, ...].</param>
    /// <returns>A scalar.</returns>
    protected abstract Tensor Term(Tensor weight);

    private bool IsChosen(string path) =>
        _layers is null || _layers.Any(l => path.StartsWith(l, StringComparison.Ordinal) && (path.Length == l.Length || path[l.Length] == '.'));
}
