namespace Graft.Tensors;

/// <summary>What a tensor's elements are; both take 4 bytes.</summary>
public enum ElementType
{
    /// <summary>32-bit floating point: everything that is computed with.</summary>
    Float32,

    /// <summary>32-bit signed integer: labels, row numbers, places of maxima.</summary>
    Int32,
}
