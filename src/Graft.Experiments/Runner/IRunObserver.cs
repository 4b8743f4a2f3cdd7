using Graft.Experiments.Runs;

namespace Graft.Experiments.Runner;

/// <summary>Wants to know how a run goes on: a progress display. Called from several threads where several jobs run side by side.</summary>
public interface IRunObserver
{
    /// <summary>The run begins or goes on.</summary>
    /// <param name="run">What is planned.</param>
    /// <param name="folder">Where it is written.</param>
    void Began(RunRecord run, string folder);

    /// <summary>Something is being prepared.</summary>
    /// <param name="what">In words: "reading digits".</param>
    void Preparing(string what);

    /// <summary>Something is to be known before anything is learned, such as that pretrained weights are not there.</summary>
    /// <param name="text">A whole sentence.</param>
    void Notice(string text) => Preparing(text);

    /// <summary>A job begins.</summary>
    /// <param name="job">Which.</param>
    void JobBegan(JobPlan job);

    /// <summary>A job made progress.</summary>
    /// <param name="job">Which.</param>
    /// <param name="steps">Updates made.</param>
    /// <param name="total">Updates that it will make at most.</param>
    /// <param name="objective">The last objective; NaN before the first.</param>
    void JobProgress(JobPlan job, long steps, long total, double objective);

    /// <summary>A job ended, now or in an earlier session of the run.</summary>
    /// <param name="result">What came out.</param>
    void JobEnded(JobRecord result);
}
