using Graft.Training.Checkpoints;

namespace Graft.Training;

/// <summary>Turns a time into a number of steps: makes some steps and a validation, looks at the clock, and undoes them.</summary>
internal static class TimeBudget
{
    // At most this share of the time goes into trying out, but for the first few steps, which must be.
    private const double MostTrial = 0.05;
    private const int WarmUp = 3, Least = 3, Most = 50;

    public static long Steps(TimeSpan budget, TrainingStep step, IValidation? validation, float rateFactor, int stepsPerValidation, TimeProvider clock)
    {
        long start = clock.GetTimestamp();
        State before = Snapshot(step);
        for (int i = 0; i < WarmUp; i++)
        {
            step.Run(rateFactor, 0);
        }

        int made = 0;
        long first = clock.GetTimestamp();
        while (made < Most && (made < Least || clock.GetElapsedTime(start) < budget * MostTrial))
        {
            step.Run(rateFactor, 0);
            made++;
        }

        double seconds = clock.GetElapsedTime(first).TotalSeconds / made;
        step.Model.Load(before.Get<State>("model"));
        step.Load(before.Get<State>("step"));
        long measured = clock.GetTimestamp();
        if (validation is not null)
        {
            validation.Run();
            seconds += clock.GetElapsedTime(measured).TotalSeconds / stepsPerValidation;
        }

        double rest = (budget - clock.GetElapsedTime(start)).TotalSeconds;
        return (long)Math.Clamp(rest / Math.Max(seconds, 1e-9), 1, long.MaxValue / 2);
    }

    private static State Snapshot(TrainingStep step)
    {
        var state = new State();
        state.Set("model", step.Model);
        state.Set("step", step);
        return CheckpointFile.Copy(state);
    }
}
