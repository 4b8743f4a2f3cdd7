namespace Graft.MultiTask.Arrangements;

/// <summary>Every task has a model of its own, learned from its own rows. The baseline of every comparison of tasks.</summary>
[Named("independent")]
public sealed class IndependentTasks : Arrangement
{
    /// <inheritdoc/>
    public override bool UsesExperts => false;

    /// <inheritdoc/>
    public override string ToString() => "IndependentTasks";
}
