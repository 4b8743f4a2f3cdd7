namespace Graft.Tensors;

/// <summary>How the losses of single elements become one number.</summary>
public enum Reduction
{
    /// <summary>Their mean over what is there; 0 where nothing is there.</summary>
    Mean,

    /// <summary>Their sum.</summary>
    Sum,

    /// <summary>They stay apart, 0 where something is missing.</summary>
    None,
}
