namespace Graft.Experiments.Runner;

/// <summary>How a run is carried out; nothing here changes a result.</summary>
/// <param name="OutDirectory">Holds the folders of runs.</param>
/// <param name="DataFolder">Where data are looked for besides beside the experiment file; null for nowhere.</param>
/// <param name="Threads">Threads for all work together; null for what the experiment says, or one a core.</param>
/// <param name="Command">The command line, for the record.</param>
/// <param name="Clock">What time it is, for the record.</param>
/// <param name="Home">Graft's home folder, which holds what the hub loaded and features that were computed; null for the system's usual one, where nothing is written then.</param>
/// <param name="RunsFrozenOnce">Whether what is frozen runs once for each row, not in every epoch; results are the same.</param>
public sealed record RunOptions(
    string OutDirectory = "runs",
    string? DataFolder = null,
    int? Threads = null,
    string Command = "",
    TimeProvider? Clock = null,
    string? Home = null,
    bool RunsFrozenOnce = true);
