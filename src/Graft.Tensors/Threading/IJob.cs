namespace Graft.Tensors.Threading;

/// <summary>Work in numbered tasks that may run in any order and at the same time.</summary>
/// <remarks>What a task writes depends on its index alone, never on the thread that runs it or on how many there are.</remarks>
internal interface IJob
{
    void Run(int index);
}
