using Graft.Tensors.Threading;

namespace Graft.Tensors.Tests.Kernels;

/// <summary>Sets the number of threads for the length of a test.</summary>
internal sealed class TeamOf : IDisposable
{
    private readonly int _before = Team.Threads;

    public TeamOf(int threads) => Team.Threads = threads;

    public void Dispose() => Team.Threads = _before;
}

/// <summary>Tests that need the team to themselves: they run while no other test does.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class WholeTeam
{
    public const string Name = "whole team";
}
