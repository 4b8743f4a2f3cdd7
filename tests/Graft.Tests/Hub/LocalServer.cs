using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Graft.Tests.Hub;

/// <summary>What a server was asked: the path, and the headers that matter here.</summary>
internal sealed record Asked(string Path, string? Range, string? IfRange);

/// <summary>What it answers: a status, headers, and a body that may be cut off.</summary>
internal sealed record Answer(int Status, byte[] Body, params string[] Headers)
{
    /// <summary>Bytes after which the connection is cut; null for all.</summary>
    public int? CutAfter { get; init; }

    /// <summary>The length that the header claims; null for the true one.</summary>
    public long? Length { get; init; }
}

/// <summary>A web server on this machine that answers as a test says, one request a connection.</summary>
internal sealed class LocalServer : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<Asked, int, Answer> _answer;
    private int _count;

    /// <param name="answer">The answer to a request and its number, from 0.</param>
    public LocalServer(Func<Asked, int, Answer> answer)
    {
        _answer = answer;
        _listener.Start();
        _ = Serve();
    }

    public ConcurrentQueue<Asked> Requests { get; } = new();

    public string Address(string file) => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/{file}");

    /// <summary>Serves a file as honest servers do, with ranges and a version.</summary>
    public static Answer File(Asked asked, byte[] content, string version = "\"v1\"")
    {
        int from = asked.Range is { } range && (asked.IfRange ?? version) == version
            ? int.Parse(range["bytes=".Length..^1], CultureInfo.InvariantCulture)
            : 0;
        return from == 0
            ? new Answer(200, content, "ETag: " + version)
            : new Answer(206, content[from..], "ETag: " + version, string.Create(CultureInfo.InvariantCulture, $"Content-Range: bytes {from}-{content.Length - 1}/{content.Length}"));
    }

    public void Dispose() => _listener.Dispose();

    private async Task Serve()
    {
        try
        {
            while (true)
            {
                TcpClient client = await _listener.AcceptTcpClientAsync();
                _ = Task.Run(() => Talk(client));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private void Talk(TcpClient client)
    {
        using (client)
        {
            NetworkStream stream = client.GetStream();
            stream.ReadTimeout = stream.WriteTimeout = 10_000;
            try
            {
                var reader = new StreamReader(stream, Encoding.ASCII);
                string path = reader.ReadLine()!.Split(' ')[1];
                var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
                while (reader.ReadLine() is { Length: > 0 } line)
                {
                    int colon = line.IndexOf(':', StringComparison.Ordinal);
                    headers[line[..colon]] = line[(colon + 1)..].Trim();
                }

                var asked = new Asked(path, headers.GetValueOrDefault("Range"), headers.GetValueOrDefault("If-Range"));
                Requests.Enqueue(asked);
                Answer answer = _answer(asked, Interlocked.Increment(ref _count) - 1);
                string length = answer.Length is < 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"Content-Length: {answer.Length ?? answer.Body.Length}\r\n");
                string head = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} Said\r\nConnection: close\r\n{length}{string.Concat(answer.Headers.Select(h => h + "\r\n"))}\r\n");
                stream.Write(Encoding.ASCII.GetBytes(head));
                stream.Write(answer.Body, 0, answer.CutAfter ?? answer.Body.Length);
                stream.Flush();
                client.Client.Shutdown(SocketShutdown.Send);
                while (answer.CutAfter is null && stream.Read(new byte[256]) > 0)
                {
                    // Until the other side has everything.
                }
            }
            catch (IOException)
            {
                // The other side went away, as some tests want.
            }
        }
    }
}
