namespace Graft.MultiTask.Arrangements;

/// <summary>All tasks share one trunk and learn at once, each with a head of its own: hard parameter sharing.</summary>
[Named("joint")]
[Paper("Caruana, Multitask Learning, Machine Learning 1997", "https://doi.org/10.1023/A:1007379606734")]
public sealed class JointTasks : Arrangement
{
    /// <inheritdoc/>
    public override bool UsesExperts => false;

    /// <inheritdoc/>
    public override string ToString() => "JointTasks";
}
