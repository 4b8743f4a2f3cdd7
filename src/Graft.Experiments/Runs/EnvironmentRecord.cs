namespace Graft.Experiments.Runs;

/// <summary>Where and with what a run was made: the file environment.json.</summary>
public sealed record EnvironmentRecord
{
    /// <summary>Version of Graft.</summary>
    public required string Graft { get; init; }

    /// <summary>Version of the .NET runtime.</summary>
    public string Runtime { get; init; } = "";

    /// <summary>The operating system.</summary>
    public string System { get; init; } = "";

    /// <summary>The processor and its instruction sets.</summary>
    public string Processor { get; init; } = "";

    /// <summary>Cores that were there.</summary>
    public int Cores { get; init; }

    /// <summary>Threads that were used.</summary>
    public int Threads { get; init; }

    /// <summary>When the run began, in ISO 8601.</summary>
    public string Started { get; init; } = "";

    /// <summary>The command line.</summary>
    public string Command { get; init; } = "";

    /// <summary>Anything else worth knowing, by name, such as a decoder.</summary>
    public IReadOnlyDictionary<string, string> Other { get; init; } = new Dictionary<string, string>();
}
