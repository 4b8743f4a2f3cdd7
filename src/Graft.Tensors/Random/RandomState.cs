namespace Graft.Tensors.Random;

/// <summary>Everything a <see cref="RandomStream"/> remembers: enough to go on with the very next number.</summary>
/// <param name="Key">Hash of the seed and the path.</param>
/// <param name="Index">Which of the 2^64 streams of that key, such as an epoch or a row.</param>
/// <param name="Position">Words drawn so far.</param>
public readonly record struct RandomState(ulong Key, ulong Index, ulong Position);
