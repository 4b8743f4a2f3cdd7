namespace Graft.Experiments.Runs;

/// <summary>Where and with what a run was made: the file environment.json.</summary>
public sealed record EnvironmentRecord
{
    /// <summary>Version of Graft.</summary>
    public required string Graft { get; init; }

    /// <summary>Version of the .NET runtime.</summary>
    public string Runtime { get; init => field = value ?? ""; } = "";

    /// <summary>The operating system.</summary>
    public string System { get; init => field = value ?? ""; } = "";

    /// <summary>The processor and its instruction sets.</summary>
    public string Processor { get; init => field = value ?? ""; } = "";

    /// <summary>Cores that were there.</summary>
    public int Cores { get; init; }

    /// <summary>Threads that were used.</summary>
    public int Threads { get; init; }

    /// <summary>When the run began, in ISO 8601.</summary>
    public string Started { get; init => field = value ?? ""; } = "";

    /// <summary>The command line.</summary>
    public string Command { get; init => field = value ?? ""; } = "";

    /// <summary>Anything else worth knowing, by name, such as a decoder.</summary>
    public IReadOnlyDictionary<string, string> Other { get; init => field = value ?? new Dictionary<string, string>(); } = new Dictionary<string, string>();
}
