using System.Net;

namespace Graft.Hub;

/// <summary>How files are loaded: the connection, and how often and how long it is tried again.</summary>
/// <param name="Http">The connection; it must not follow redirects itself, as that of <see cref="New"/> does not.</param>
/// <param name="Attempts">Most attempts for each address; at least 1.</param>
/// <param name="Delay">Waits between two attempts; null for the system's clock.</param>
/// <param name="Stall">Longest silence of a server before it is taken for gone; null for 60 seconds.</param>
public sealed record HubClient(HttpClient Http, int Attempts = 5, Func<TimeSpan, CancellationToken, Task>? Delay = null, TimeSpan? Stall = null) : IDisposable
{
    // Opens the file that bytes are written to, anew or at its end; tests put a full disk here.
    internal Func<string, bool, Stream> OpenPart { get; init; } = static (path, append) =>
        new FileStream(path, append ? FileMode.Append : FileMode.Create, FileAccess.Write, FileShare.Read, 1 << 16);

    /// <summary>A connection as the hub needs it: no redirects of its own, no packing, 15 seconds to connect.</summary>
    public static HubClient New()
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, AutomaticDecompression = DecompressionMethods.None, ConnectTimeout = TimeSpan.FromSeconds(15) };
        var http = new HttpClient(handler, disposeHandler: true) { Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.UserAgent.ParseAdd("graft/" + (typeof(HubClient).Assembly.GetName().Version?.ToString(3) ?? "0"));
        return new HubClient(http);
    }

    /// <inheritdoc/>
    public void Dispose() => Http.Dispose();

    /// <summary>Waits before attempt number <paramref name="attempt"/> + 1: 1, 2, 4, 8 ... seconds.</summary>
    internal Task Wait(int attempt, CancellationToken cancel)
    {
        TimeSpan pause = TimeSpan.FromSeconds(Math.Min(60, 1 << Math.Min(attempt - 1, 6)));
        return Delay is null ? Task.Delay(pause, cancel) : Delay(pause, cancel);
    }
}
