using Graft.Training.Checkpoints;

namespace Graft.Training;

/// <summary>The loop: steps, validations and checkpoints until the training is over.</summary>
/// <remarks>It knows a <see cref="TrainingStep"/> and nothing of tasks, domains or balancers. Killed at any moment and resumed from its checkpoint, it ends with
/// the same bits.</remarks>
/// <param name="plan">How long, and what is done between steps.</param>
/// <param name="clock">Only time budgets and the distance of checkpoints look at it; null for the system's.</param>
public sealed class Trainer(TrainingPlan plan, TimeProvider? clock = null)
{
    private static readonly TimeSpan CheckpointPause = TimeSpan.FromSeconds(10);

    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Trains.</summary>
    /// <param name="step">What one step is; its model is initialized.</param>
    /// <param name="validation">Measures the model in between; null for nothing.</param>
    /// <param name="observers">Get to know what happens, in order.</param>
    /// <param name="checkpoints">Where to keep what is needed to go on; null for nowhere.</param>
    /// <param name="resume">Whether to go on from the checkpoint, where there is one; otherwise it is replaced.</param>
    /// <param name="cancel">Ends the training between two steps, after a checkpoint.</param>
    /// <returns>How it went. The model has its final weights and is ready for use.</returns>
    /// <exception cref="ArgumentException">There is early stopping, but no validation.</exception>
    /// <exception cref="OperationCanceledException">It was canceled; the checkpoint is written.</exception>
    /// <exception cref="TrainingDivergedException">The objective became infinite or no number.</exception>
    /// <exception cref="GraftInputException">The checkpoint cannot be used, or a row cannot be read.</exception>
    /// <exception cref="IOException">A checkpoint cannot be written; the one before is kept.</exception>
    public TrainingResult Fit(
        TrainingStep step, IValidation? validation = null, IReadOnlyList<ITrainingObserver>? observers = null,
        CheckpointSlot? checkpoints = null, bool resume = false, CancellationToken cancel = default)
    {
        if (plan.EarlyStopping is not null && validation is null)
        {
            throw new ArgumentException($"{plan.EarlyStopping}: expected a validation to judge by, got none.", nameof(validation));
        }

        var run = new TrainingRun(plan, step, observers ?? []);
        var unused = new State();
        plan.Schedule.Save(unused);
        try
        {
            step.Model.Train();
            Begin(run, step, validation, checkpoints, resume);
            long saved = _clock.GetTimestamp(), first = run.Step;
            while (!run.IsOver)
            {
                if (cancel.IsCancellationRequested)
                {
                    checkpoints?.Save(run.Save());
                    cancel.ThrowIfCancellationRequested();
                }

                float factor = plan.Schedule.At(run.Step, run.TotalSteps);
                double objective = step.Run(factor, run.Progress);      // batches -> losses -> gradients -> update
                run.Count(objective, step.Rate * factor);
                run.Judge(validation);
                if (checkpoints is not null && run.IsCheckpointDue && (plan.CheckpointEvery is not null || _clock.GetElapsedTime(saved) >= CheckpointPause))
                {
                    checkpoints.Save(run.Save());
                    saved = _clock.GetTimestamp();
                }
            }

            if (checkpoints is { KeepsEnd: true } && run.Step > first)
            {
                checkpoints.SaveEnd(run.Save());
            }

            return run.End();
        }
        finally
        {
            step.Model.Train(false);
            plan.Schedule.Load(unused);      // the plan can be used again
        }
    }

    private void Begin(TrainingRun run, TrainingStep step, IValidation? validation, CheckpointSlot? checkpoints, bool resume)
    {
        if (resume && checkpoints is { Exists: true })
        {
            State state = checkpoints.Load(out string? notice);
            try
            {
                run.Load(state);
            }
            catch (GraftInputException e)
            {
                throw new GraftInputException([.. e.Findings.Select(f => f with { File = checkpoints.Path })], e);
            }

            if (notice is not null)
            {
                run.Tell(new Notice(notice));
            }

            return;
        }

        if (plan.TimeBudget is { } budget)
        {
            run.Start(TimeBudget.Steps(budget, step, validation, plan.Schedule.At(0, run.TotalSteps), plan.ValidateEvery ?? step.StepsPerEpoch, _clock));
            checkpoints?.Save(run.Save());      // the number of steps is fixed from here on
            return;
        }

        run.Start(null);
    }
}
