namespace Graft.Tests.Training;

/// <summary>Tests that look at counters of the whole process: they run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
