using Graft.Nn;
using Graft.Training;

namespace Graft.ResumeHost;

/// <summary>Another step, and who wants to know after each update how many this object has made.</summary>
public sealed class WatchedStep(TrainingStep inner, Action<int>? updated) : TrainingStep
{
    private int _updates;

    public override Module Model => inner.Model;

    public override int StepsPerEpoch => inner.StepsPerEpoch;

    public override IReadOnlyList<string> LossNames => inner.LossNames;

    public override ReadOnlySpan<double> Losses => inner.Losses;

    public override float Rate => inner.Rate;

    public override double Run(float rateFactor, double progress)
    {
        double objective = inner.Run(rateFactor, progress);
        updated?.Invoke(++_updates);
        return objective;
    }

    public override void Save(State state) => inner.Save(state);

    public override void Load(State state) => inner.Load(state);
}
