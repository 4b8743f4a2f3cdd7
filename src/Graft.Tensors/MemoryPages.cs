namespace Graft.Tensors;

/// <summary>Whether each piece of memory has pages of its own, with one beside it that nobody may touch.</summary>
public enum MemoryPages
{
    /// <summary>It has not.</summary>
    None,

    /// <summary>The page behind it, and behind the bytes that kernels may read there, is unreadable.</summary>
    Behind,

    /// <summary>The page before it is unreadable.</summary>
    Before,
}
