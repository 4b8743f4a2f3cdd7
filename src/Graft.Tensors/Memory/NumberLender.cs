namespace Graft.Tensors.Memory;

/// <summary>Shows numbers where they lie, such as in a mapped file, instead of copying them.</summary>
/// <param name="start">0-based place of the first.</param>
/// <param name="count">How many; at most 2^20.</param>
/// <param name="use">Gets them, at once; must not keep them.</param>
internal delegate void NumberLender(long start, int count, Action<ReadOnlySpan<float>> use);
