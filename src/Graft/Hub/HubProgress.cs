namespace Graft.Hub;

/// <summary>What a pull is doing.</summary>
public enum HubStage
{
    /// <summary>Another process is pulling the same name.</summary>
    Waiting,

    /// <summary>Bytes are coming in.</summary>
    Loading,

    /// <summary>The connection broke or the server is busy; it is tried again in a moment.</summary>
    Retrying,

    /// <summary>A file that is there already is being checked.</summary>
    Checking,

    /// <summary>An archive is being unpacked.</summary>
    Unpacking,
}

/// <summary>How far a pull is.</summary>
/// <param name="Name">The entry.</param>
/// <param name="File">The file it is at.</param>
/// <param name="Stage">What is being done with it.</param>
/// <param name="Bytes">Bytes that are here; those of an earlier attempt included.</param>
/// <param name="Total">Bytes that there will be, or null where the server does not say.</param>
public sealed record HubProgress(string Name, string File, HubStage Stage, long Bytes, long? Total);
