namespace Graft.Benchmarks.Workloads;

/// <summary>Something to time, one step at a time, through the public parts of the library as a user writes it.</summary>
/// <param name="name">What the command line and the table call it.</param>
internal abstract class Workload(string name)
{
    private Cost? _cost;

    public string Name { get; } = name;

    /// <summary>Whether a step learns: then memory is compared as well.</summary>
    public virtual bool IsTraining => false;

    /// <summary>What the products of one step cost; known once it is prepared, and counted when it is asked for: that takes memory of its own.</summary>
    public Cost Cost => _cost ??= Count();

    /// <summary>Makes what the steps need.</summary>
    public abstract void Prepare();

    public abstract void Step();

    protected abstract Cost Count();

    /// <summary>Lets go of what <see cref="Prepare"/> made.</summary>
    public abstract void Release();

    public override string ToString() => Name;
}
