namespace Graft.Experiments.Spec;

/// <summary>Where something stands in an experiment file, or on the command line.</summary>
/// <param name="File">The file as the user wrote it, or <see cref="CommandLine"/>.</param>
/// <param name="Line">1-based line, or 0 where there is none.</param>
/// <param name="Column">1-based column, or 0 where there is none.</param>
public readonly record struct Place(string File, int Line, int Column)
{
    /// <summary>What stands for the file where a value came from the command line.</summary>
    public const string CommandLine = "command line";

    /// <summary>A finding at this place.</summary>
    /// <param name="message">What is wrong and what to do, one line, with its full stop.</param>
    public Finding Say(string message) => new(File, Line, Column, message);
}
