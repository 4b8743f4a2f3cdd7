namespace Graft.MultiTask.Arrangements;

/// <summary>Models that learned one task each answer together: tasks with the same labels average their probabilities.</summary>
/// <remarks>Nothing is trained; a task that shares its labels with no other keeps its own answer.</remarks>
[Named("fusion")]
public sealed class FusedTasks : Arrangement
{
    /// <inheritdoc/>
    public override bool UsesExperts => true;

    /// <inheritdoc/>
    public override string ToString() => "FusedTasks";
}
