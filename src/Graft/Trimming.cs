namespace Graft;

/// <summary>Why reflection over Graft's own classes is safe in a trimmed program.</summary>
internal static class Trimming
{
    /// <summary>The category of the trimmer's warnings.</summary>
    public const string Category = "Trimming";

    /// <summary>What is said where such a warning is put aside.</summary>
    public const string OwnClasses = "These are classes of Graft, and the program keeps Graft's assemblies whole (TrimmerRootAssembly).";
}
