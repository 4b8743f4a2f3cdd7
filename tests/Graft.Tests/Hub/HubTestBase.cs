using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Graft.Hub;
using Graft.Tests.Data.Sources;

namespace Graft.Tests.Hub;

/// <summary>A hub of one entry over a local server, in a folder of its own.</summary>
public abstract class HubTestBase : IDisposable
{
    internal TempFolder Home { get; } = new();

    /// <summary>20,000 bytes that look like nothing.</summary>
    protected static byte[] Content { get; } = [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * i >> 3))];

    protected static string ShaOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    protected static HubClient Client() => HubClient.New() with { Delay = (_, _) => Task.CompletedTask };

    /// <summary>A hub that knows "thing": one file "thing.bin" at an address.</summary>
    protected GraftHub Hub(string address, string? sha256, long? size = null, string more = "", string kind = "weights") => new(Home.Path, Catalogue(
        $$"""{ "thing": { "kind": "{{kind}}", "what": "a thing", "license": "none", {{more}} "files": [ { "url": "{{address}}"{{(sha256 is null ? "" : $", \"sha256\": \"{sha256}\"")}}{{(size is null ? "" : string.Create(CultureInfo.InvariantCulture, $", \"size\": {size}"))}}{{(kind == "data" ? ", \"unpack\": true" : "")}} } ] } }"""));

    protected static HubCatalogue Catalogue(string json) => HubCatalogue.Read(new MemoryStream(Encoding.UTF8.GetBytes(json)));

    /// <summary>The place of the file.</summary>
    protected string Place(string file = "thing.bin") => Path.Combine(Home.Path, "hub", "thing", file);

    protected static Task<string> Pull(GraftHub hub, HubClient? client = null, IProgress<HubProgress>? progress = null, CancellationToken cancel = default) =>
        hub.PullAsync("thing", client ?? Client(), progress, cancel == default ? TestContext.Current.CancellationToken : cancel);

    public void Dispose()
    {
        Home.Dispose();
        GC.SuppressFinalize(this);
    }
}
