namespace Graft.Training;

/// <summary>Wants to know what happens in a training: a log, a progress bar.</summary>
/// <remarks>One that is <see cref="IStateful"/> has its state in every checkpoint, such as the length of a log, and gets it back when the training is
/// resumed, before anything else happens; so a log can be cut to what the checkpoint knows of.</remarks>
public interface ITrainingObserver
{
    /// <summary>Called on the thread that trains, in order.</summary>
    /// <param name="happened">What happened.</param>
    void Tell(TrainingEvent happened);
}
