namespace Graft.Nn.Schedules;

/// <summary>How the learning rate changes over a training: a factor of the optimizer's rate for every step.</summary>
/// <remarks>The factor is a function of the position alone, but for schedules that listen to validation; those keep what they heard in their state.
/// Positions are shares of the training, so that a schedule means the same for any number of epochs.</remarks>
[Family("schedules")]
public abstract class Schedule : IStateful
{
    /// <summary>The factor of the learning rate.</summary>
    /// <param name="step">The step, counted from 0.</param>
    /// <param name="totalSteps">Number of steps of the training; at least 1.</param>
    /// <returns>0 or more.</returns>
    public abstract float At(long step, long totalSteps);

    /// <summary>Tells a validation result, once an epoch.</summary>
    /// <param name="value">Smaller is better: a loss, or a metric with its sign turned where larger is better.</param>
    public virtual void Observe(double value)
    {
    }

    /// <inheritdoc/>
    public virtual void Save(State state)
    {
    }

    /// <inheritdoc/>
    public virtual void Load(State state)
    {
    }

    /// <summary>How much of the training lies behind a step, from 0 to 1.</summary>
    private protected static double Share(long step, long totalSteps) => Math.Clamp(step / (double)Math.Max(1, totalSteps), 0, 1);

    /// <summary>Half a cosine from one value to another.</summary>
    private protected static double Cosine(double from, double to, double share) => to + ((from - to) / 2 * (1 + Math.Cos(Math.PI * share)));
}
