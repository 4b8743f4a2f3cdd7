using System.Text.Json.Serialization;

namespace Graft.Benchmarks.Peers;

/// <summary>What was measured of a workload, as it is printed.</summary>
/// <param name="Name">The workload.</param>
/// <param name="Threads">Of either side.</param>
/// <param name="GraftMs">Milliseconds a step here.</param>
/// <param name="TorchMs">As a user writes it in PyTorch; null where there is none.</param>
/// <param name="TorchBestMs">At the best of its settings.</param>
/// <param name="Ratio">How many times faster than as a user writes it.</param>
/// <param name="RatioBest">How many times faster than at its best.</param>
/// <param name="PeakShare">The part of the roof that is reached.</param>
/// <param name="AllocBytes">Managed bytes a step.</param>
internal sealed record PeerResult(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("graft_ms")] double GraftMs,
    [property: JsonPropertyName("torch_ms")] double? TorchMs,
    [property: JsonPropertyName("torch_best_ms")] double? TorchBestMs,
    [property: JsonPropertyName("ratio")] double? Ratio,
    [property: JsonPropertyName("ratio_best")] double? RatioBest,
    [property: JsonPropertyName("peak_share")] double PeakShare,
    [property: JsonPropertyName("alloc_bytes")] double AllocBytes);
