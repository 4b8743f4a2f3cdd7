namespace Graft.Tasks;

/// <summary>One way to learn the tasks of a stage, which can be compared with others: a plan of transfer, or an arrangement of several tasks.</summary>
public interface IArm
{
    /// <summary>Whether it needs a source model.</summary>
    bool UsesSource { get; }
}
