namespace Graft.Cli;

/// <summary>The command line asks for something that cannot be; the message says what and what to do.</summary>
/// <param name="message">One line, with its full stop.</param>
internal sealed class UsageException(string message) : Exception(message);
