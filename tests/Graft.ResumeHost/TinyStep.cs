using Graft.Data;
using Graft.Data.Loading;
using Graft.Nn;
using Graft.Nn.Optimizers;
using Graft.Tensors;
using Graft.Training;

namespace Graft.ResumeHost;

/// <summary>The plain step: one task, one loader, one optimizer.</summary>
public sealed class TinyStep(Module model, Loader loader, Optimizer optimizer) : TrainingStep
{
    private readonly double[] _losses = new double[1];

    public override Module Model => model;

    public override int StepsPerEpoch => loader.BatchesPerEpoch;

    public override IReadOnlyList<string> LossNames { get; } = ["class"];

    public override ReadOnlySpan<double> Losses => _losses;

    public override float Rate => optimizer.Rate;

    /// <summary>Called after each update, with the number of those made by this object.</summary>
    public Action<int>? Updated { get; init; }

    private int _updates;

    public override double Run(float rateFactor, double progress)
    {
        Batch batch = loader.Next();
        optimizer.ZeroGrad();
        Tensor loss = model.Forward(batch.Input).CrossEntropy(batch.Targets[0]);
        loss.Backward();
        optimizer.Step(rateFactor);
        _losses[0] = loss.Item();
        Updated?.Invoke(++_updates);
        return _losses[0];
    }

    public override void Save(State state)
    {
        state.Set("loader", loader);
        state.Set("optimizer", optimizer);
    }

    public override void Load(State state)
    {
        state.Load("loader", loader);
        state.Load("optimizer", optimizer);
    }
}
