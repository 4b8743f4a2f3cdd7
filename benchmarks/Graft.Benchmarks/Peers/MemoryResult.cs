using System.Text.Json.Serialization;

namespace Graft.Benchmarks.Peers;

/// <summary>Memory of both sides on the same training, in MB; null where a side is absent.</summary>
internal sealed record MemoryResult(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("graft_peak_mb")] double? GraftPeak,
    [property: JsonPropertyName("graft_before_mb")] double? GraftBefore,
    [property: JsonPropertyName("graft_more_mb")] double? GraftMore,
    [property: JsonPropertyName("torch_peak_mb")] double? TorchPeak,
    [property: JsonPropertyName("torch_before_mb")] double? TorchBefore,
    [property: JsonPropertyName("torch_more_mb")] double? TorchMore);
