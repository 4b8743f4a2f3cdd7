using Graft.Nn;
using Graft.Nn.Optimizers;
using Graft.Nn.Penalties;
using Graft.Tensors;

namespace Graft.Training;

/// <summary>How a model follows an objective: penalties are added, gradients computed and kept short, weights changed.</summary>
/// <remarks>State: the optimizer's. What the model remembers is saved beside it.</remarks>
public sealed class ModelUpdate : IStateful
{
    private readonly Optimizer _optimizer;
    private readonly IReadOnlyList<Penalty> _penalties;
    private readonly double? _clipNorm;
    private readonly double? _clipValue;
    private readonly Parameter[] _parameters;

    /// <param name="model">An initialized model, frozen where it shall stay as it is.</param>
    /// <param name="optimizer">Gets the model's parameters here.</param>
    /// <param name="penalties">λR(θ), added to every objective.</param>
    /// <param name="clipNorm">Longest gradient of all weights together, greater than 0; null for any.</param>
    /// <param name="clipValue">Largest single number of a gradient, greater than 0; null for any.</param>
    public ModelUpdate(Module model, Optimizer optimizer, IReadOnlyList<Penalty>? penalties = null, double? clipNorm = null, double? clipValue = null)
    {
        _optimizer = optimizer;
        _penalties = penalties ?? [];
        _clipNorm = clipNorm;
        _clipValue = clipValue;
        _parameters = [.. model.Parameters()];
        optimizer.Attach(_parameters);
    }

    /// <summary>Whether there is a penalty to report.</summary>
    public bool HasPenalty => _penalties.Count > 0;

    /// <summary>The base learning rate.</summary>
    public float Rate => _optimizer.Rate;

    /// <summary>The penalties' value at the last update.</summary>
    public double Penalty { get; private set; }

    /// <summary>One update.</summary>
    /// <param name="objective">A scalar, without the penalties.</param>
    /// <param name="rateFactor">The schedule's factor.</param>
    /// <returns>The objective with the penalties, before the update; NaN or infinite values are returned, and nothing is changed then.</returns>
    public double Apply(Tensor objective, float rateFactor)
    {
        if (HasPenalty)
        {
            objective += AddPenalties();
        }

        double value = objective.Item();
        if (!double.IsFinite(value))
        {
            return value;
        }

        _optimizer.ZeroGrad();
        if (objective.RequiresGrad)
        {
            // The step ends here: nobody differentiates again, and what is reported was read before.
            objective.Backward(keepsGraph: false);
        }

        Follow(rateFactor);
        return value;
    }

    /// <summary>One update by an objective that brings its own gradient.</summary>
    /// <param name="objective">The objective, without the penalties.</param>
    /// <param name="rateFactor">The schedule's factor.</param>
    /// <returns>The objective with the penalties, before the update; NaN or infinite values are returned, and nothing is changed then.</returns>
    public double Apply(IObjective objective, float rateFactor)
    {
        double value = objective.Value;
        Tensor penalty = Tensor.Zero;
        if (HasPenalty)
        {
            penalty = AddPenalties();
            value += Penalty;
        }

        if (!double.IsFinite(value))
        {
            return value;
        }

        _optimizer.ZeroGrad();
        objective.Backward();
        if (penalty.RequiresGrad)
        {
            penalty.Backward();
        }

        Follow(rateFactor);
        return value;
    }

    /// <inheritdoc/>
    public void Save(State state)
    {
        state.Set("optimizer", _optimizer);
    }

    /// <inheritdoc/>
    public void Load(State state)
    {
        state.Load("optimizer", _optimizer);
    }

    private Tensor AddPenalties()
    {
        Tensor sum = Tensor.Zero;
        foreach (Penalty part in _penalties)
        {
            sum += part.Of(_parameters);
        }

        Penalty = sum.Item();
        return sum;
    }

    private void Follow(float rateFactor)
    {
        if (_clipValue is { } most)
        {
            GradientClipping.ByValue(_parameters, most);
        }

        if (_clipNorm is { } longest)
        {
            GradientClipping.ByNorm(_parameters, longest);
        }

        _optimizer.Step(rateFactor);
    }
}
