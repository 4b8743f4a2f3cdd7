using System.Text.Json.Serialization;

namespace Graft.Benchmarks.Bandwidth;

/// <summary>What was measured of one operation on memory.</summary>
/// <param name="Name">The operation.</param>
/// <param name="Threads">Threads of the team.</param>
/// <param name="Megabytes">What has to move at least.</param>
/// <param name="Milliseconds">Median.</param>
/// <param name="Gigabytes">A second, median.</param>
/// <param name="Like">By what it is measured: "copy" or "read".</param>
/// <param name="Reference">GB/s of that, median in the same moments.</param>
/// <param name="Share">Median over the moments of one over the other.</param>
internal sealed record BandwidthResult(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("threads")] int Threads,
    [property: JsonPropertyName("megabytes")] double Megabytes,
    [property: JsonPropertyName("ms")] double Milliseconds,
    [property: JsonPropertyName("gb_per_s")] double Gigabytes,
    [property: JsonPropertyName("like")] string Like,
    [property: JsonPropertyName("reference_gb_per_s")] double Reference,
    [property: JsonPropertyName("share")] double Share);
