namespace Graft.Cli;

/// <summary>What the process tells whoever started it. An interrupted one ends with 130 or 143.</summary>
internal static class ExitCode
{
    /// <summary>It did what was asked.</summary>
    public const int Done = 0;

    /// <summary>It tried and failed.</summary>
    public const int Failed = 1;

    /// <summary>It was asked for something that cannot be: wrong usage, or an invalid file.</summary>
    public const int Invalid = 2;
}
