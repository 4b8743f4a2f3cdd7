using System.Text.Json.Serialization;

namespace Graft.Experiments.Runs;

/// <summary>How a run or one of its jobs stands.</summary>
public enum RunStatus
{
    /// <summary>Begun and not yet over, or ended by force before it could say how.</summary>
    [JsonStringEnumMemberName("running")]
    Running,

    /// <summary>Ended as planned.</summary>
    [JsonStringEnumMemberName("done")]
    Done,

    /// <summary>Ended by an error.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,

    /// <summary>Stopped by the user after a checkpoint; it can be resumed.</summary>
    [JsonStringEnumMemberName("interrupted")]
    Interrupted,
}
