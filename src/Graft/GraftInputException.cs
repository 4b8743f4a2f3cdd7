using System.Globalization;

namespace Graft;

/// <summary>One thing that is wrong with an input file.</summary>
/// <param name="File">The file, as the user wrote it; may be empty.</param>
/// <param name="Line">1-based line, or 0 where there is none.</param>
/// <param name="Column">1-based column, or 0 where there is none.</param>
/// <param name="Message">What is wrong and what to do, one line, with its full stop.</param>
public sealed record Finding(string File, int Line, int Column, string Message)
{
    /// <summary>"file(line,column): message", with only the places that are known.</summary>
    public override string ToString()
    {
        string place = Line == 0 ? "" : Column == 0
            ? string.Create(CultureInfo.InvariantCulture, $"({Line})")
            : string.Create(CultureInfo.InvariantCulture, $"({Line},{Column})");
        return File.Length + place.Length == 0 ? Message : $"{File}{place}: {Message}";
    }
}

/// <summary>A file from outside cannot be used; holds everything that was found wrong with it, not only the first.</summary>
public sealed class GraftInputException : Exception
{
    /// <summary>Makes the error from all findings; its message has one line for each.</summary>
    /// <param name="findings">At least one.</param>
    /// <param name="inner">What caused it, or null.</param>
    public GraftInputException(IReadOnlyList<Finding> findings, Exception? inner = null)
        : base(string.Join('\n', findings), inner) => Findings = findings;

    /// <summary>Makes the error from one finding.</summary>
    /// <param name="file">The file.</param>
    /// <param name="message">What is wrong and what to do, one sentence.</param>
    /// <param name="line">1-based line, or 0.</param>
    /// <param name="column">1-based column, or 0.</param>
    /// <param name="inner">What caused it, or null.</param>
    public GraftInputException(string file, string message, int line = 0, int column = 0, Exception? inner = null)
        : this([new Finding(file, line, column, message)], inner)
    {
    }

    /// <summary>Everything that was found.</summary>
    public IReadOnlyList<Finding> Findings { get; }
}
