namespace Graft.Tensors.Kernels;

/// <summary>What an optimizer does to numbers that lie side by side: new weights and states of the lanes at an index. <see cref="Update"/> goes over all of them.</summary>
internal interface IUpdateRule
{
    /// <summary>Updates the lanes from an index on.</summary>
    /// <param name="i">The first number.</param>
    /// <param name="count">How many numbers: fewer than a register holds where Partial is <see cref="Yes"/>.</param>
    void Step<V, Partial>(nint i, int count)
        where V : struct, IVec<V>
        where Partial : IConst;
}
