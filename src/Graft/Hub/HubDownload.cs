using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;

namespace Graft.Hub;

/// <summary>Loads one file: with resume, retry and a checksum that is computed as the bytes come in. It stands in its place whole and checked, or not at all.</summary>
/// <remarks>
/// While it comes in it is "name.part", and "name.part.from" keeps which address and version it is of, so that the rest can be asked for by Range and If-Range
/// after a cut connection or a killed process. A server that sends all of it again starts it over.
/// </remarks>
internal sealed class HubDownload(HubClient client, string name, HubFile file, string path, IProgress<HubProgress>? progress)
{
    // Larger than any weights that fit into memory here; a server that never stops is stopped.
    private const long MostBytes = 64L << 30;
    private const int MostRedirects = 10;

    private readonly string _part = path + ".part", _from = path + ".part.from";
    private bool _hasBegun;
    private bool _isResumed;

    /// <summary>Loads it from the first address that gives it.</summary>
    /// <param name="recorded">The checksum of an earlier download, where none is published; null for none.</param>
    /// <param name="cancel">Ends it; what came in is kept for the next time.</param>
    /// <returns>Its SHA-256.</returns>
    /// <exception cref="GraftInputException">No address gives it, or what came is not what was published.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task<string> Run(string? recorded, CancellationToken cancel)
    {
        var failures = new List<string>();
        foreach (Uri address in (Uri[])[file.Address, .. file.Mirrors])
        {
            for (int attempt = 1; ; attempt++)
            {
                try
                {
                    string sha = await Load(address, cancel).ConfigureAwait(false);
                    if (Problem(sha, recorded) is { } problem)
                    {
                        File.Delete(_part);
                        File.Delete(_from);
                        if (_isResumed)
                        {
                            // The beginning was of another version than the rest: once more from the start.
                            _isResumed = false;
                            continue;
                        }

                        throw new GraftInputException("", $"{name}: {file.Name} from {address} is not the file that is meant: expected {problem}, got {sha}. It was removed. If its maker has changed it, this entry of the hub is out of date.");
                    }

                    File.Move(_part, path, overwrite: true);
                    File.Delete(_from);
                    return sha;
                }
                catch (TransferException e) when (e.IsPassing && attempt < client.Attempts)
                {
                    Tell(HubStage.Retrying, PartLength(), file.Size);
                    await client.Wait(attempt, cancel).ConfigureAwait(false);
                }
                catch (TransferException e)
                {
                    failures.Add($"{address} ({e.Message.TrimEnd('.')})");
                    break;
                }
            }
        }

        throw new GraftInputException("", $"{name}: {file.Name} is not here and cannot be loaded from {string.Join(" or ", failures)}. Load it elsewhere and put it at {path}; its checksum ({file.ChecksumText}) is looked at then.");
    }

    private string? Problem(string sha, string? recorded) => !file.Agrees(sha) ? $"SHA-256 {file.ChecksumText}"
        : recorded is not null && recorded != sha ? $"SHA-256 {recorded}, which the first download had"
        : null;

    // One attempt; returns the checksum of the whole part file.
    private async Task<string> Load(Uri address, CancellationToken cancel)
    {
        long have = PartLength();
        string? version = have > 0 ? Version(address) : null;
        if (version is null)
        {
            have = 0;
        }

        using HttpResponseMessage response = await Ask(address, have, version, cancel).ConfigureAwait(false);
        bool isRest = response.StatusCode == HttpStatusCode.PartialContent && response.Content.Headers.ContentRange?.From == have && have > 0;
        if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable || (response.StatusCode == HttpStatusCode.PartialContent && !isRest))
        {
            File.Delete(_part);
            throw new TransferException("the server does not give the rest of the file", isPassing: have > 0);
        }

        have = isRest ? have : 0;
        _isResumed |= isRest;
        long? total = response.Content.Headers.ContentLength is { } rest ? have + rest : null;
        long most = file.Size ?? MostBytes;
        if (total > most || (file.Size is { } size && total is { } said && said != size))
        {
            throw new TransferException(string.Create(CultureInfo.InvariantCulture, $"expected {(file.Size is null ? "at most " : "")}{most} bytes, the server has {total}"), isPassing: false);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (isRest)
        {
            HashPart(hash, have, cancel);
        }

        Stream part = Open(isRest);
        await using (part.ConfigureAwait(false))
        {
            if (!isRest)
            {
                Remember(address, response);
            }

            await Copy(response, part, hash, have, total ?? file.Size, most, cancel).ConfigureAwait(false);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private async Task Copy(HttpResponseMessage response, Stream part, IncrementalHash hash, long have, long? total, long most, CancellationToken cancel)
    {
        var buffer = new byte[1 << 16];
        Stream body = await Guarded(() => response.Content.ReadAsStreamAsync(cancel), cancel).ConfigureAwait(false);
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        while (true)
        {
            silence.CancelAfter(client.Stall ?? TimeSpan.FromSeconds(60));
            int read = await Guarded(() => body.ReadAsync(buffer, silence.Token).AsTask(), cancel).ConfigureAwait(false);
            if (read == 0)
            {
                break;
            }

            have += read;
            _hasBegun = true;
            if (have > most)
            {
                throw new TransferException(string.Create(CultureInfo.InvariantCulture, $"expected at most {most} bytes, got more"), isPassing: false);
            }

            hash.AppendData(buffer, 0, read);
            Written(() => part.Write(buffer, 0, read), total);
            Tell(HubStage.Loading, have, total);
        }

        Written(() => Flush(part), total);
        if (total is { } expected && have < expected)
        {
            throw new TransferException(string.Create(CultureInfo.InvariantCulture, $"it ended after {have} of {expected} bytes"), isPassing: true);
        }
    }

    private async Task<HttpResponseMessage> Ask(Uri address, long have, string? version, CancellationToken cancel)
    {
        Uri at = address;
        for (int redirects = 0; redirects <= MostRedirects; redirects++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, at);
            if (have > 0)
            {
                request.Headers.Range = new RangeHeaderValue(have, null);
                if (version!.Length > 0)
                {
                    _ = request.Headers.TryAddWithoutValidation("If-Range", version);
                }
            }

            HttpResponseMessage response = await Guarded(() => client.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancel), cancel).ConfigureAwait(false);
            int status = (int)response.StatusCode;
            if (status is 200 or 206 or 416)
            {
                return response;
            }

            using (response)
            {
                Uri? next = status is 301 or 302 or 303 or 307 or 308 ? response.Headers.Location : null;
                if (next is null)
                {
                    throw new TransferException($"{status} {response.ReasonPhrase}".TrimEnd(), isPassing: status is 408 or 425 or 429 or >= 500);
                }

                next = next.IsAbsoluteUri ? next : new Uri(at, next);
                if (next.Scheme is not ("https" or "http") || (next.Scheme == "http" && at.Scheme == "https"))
                {
                    throw new TransferException($"it leads to {next.Scheme}, which is not as safe as {at.Scheme}", isPassing: false);
                }

                at = next;
            }
        }

        throw new TransferException($"it leads on more than {MostRedirects} times", isPassing: false);
    }

    private async Task<T> Guarded<T>(Func<Task<T>> talk, CancellationToken cancel)
    {
        try
        {
            return await talk().ConfigureAwait(false);
        }
        catch (HttpRequestException e)
        {
            // A machine without a network is not asked five times; a connection that has worked is.
            bool isOffline = e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError or HttpRequestError.SecureConnectionError;
            throw new TransferException(e.Message.Split('\n')[0], isPassing: _hasBegun || !isOffline, e);
        }
        catch (IOException e)
        {
            throw new TransferException(e.Message.Split('\n')[0], isPassing: true, e);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            throw new TransferException("the server is silent", isPassing: true, e);
        }
    }

    private Stream Open(bool append)
    {
        try
        {
            return client.OpenPart(_part, append);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{_part}: cannot be written: {e.Message}", e);
        }
    }

    // A full disk is not left full.
    private void Written(Action write, long? total)
    {
        try
        {
            write();
        }
        catch (IOException e)
        {
            try
            {
                File.Delete(_part);
                File.Delete(_from);
            }
            catch (IOException)
            {
                // What cannot be removed now is begun anew by the next pull.
            }

            string needed = total is { } bytes ? string.Create(CultureInfo.InvariantCulture, $"{file.Name} needs {bytes / 1e6:F1} MB. ") : "";
            throw new IOException($"{path}: cannot be written, and what was loaded is removed: {e.Message.TrimEnd('.')}. {needed}GRAFT_HOME can name a folder on another disk.", e);
        }
    }

    private static void Flush(Stream part)
    {
        if (part is FileStream onDisk)
        {
            onDisk.Flush(flushToDisk: true);
        }
        else
        {
            part.Flush();
        }
    }

    private void HashPart(IncrementalHash hash, long length, CancellationToken cancel)
    {
        using FileStream stream = File.OpenRead(_part);
        var buffer = new byte[1 << 16];
        for (long left = length; left > 0;)
        {
            cancel.ThrowIfCancellationRequested();
            int read = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (read == 0)
            {
                throw new TransferException("its beginning on the disk was cut", isPassing: true);
            }

            hash.AppendData(buffer, 0, read);
            left -= read;
        }
    }

    private long PartLength() => File.Exists(_part) ? new FileInfo(_part).Length : 0;

    // The version that the part is of: "" where the checksum alone can tell, null where the part is of no use.
    private string? Version(Uri address)
    {
        string[] lines = File.Exists(_from) ? File.ReadAllLines(_from) : [];
        return lines.Length == 0 || lines[0] != address.AbsoluteUri ? null
            : lines.Length > 1 && lines[1].Length > 0 ? lines[1]
            : file.Sha256 is not null ? "" : null;
    }

    private void Remember(Uri address, HttpResponseMessage response)
    {
        EntityTagHeaderValue? tag = response.Headers.ETag;
        string version = tag is { IsWeak: false } ? tag.Tag : response.Content.Headers.LastModified?.ToString("R", CultureInfo.InvariantCulture) ?? "";
        File.WriteAllLines(_from, [address.AbsoluteUri, version]);
    }

    private void Tell(HubStage stage, long bytes, long? total) => progress?.Report(new HubProgress(name, file.Name, stage, bytes, total));

    // What went wrong between the server and here; passing where another attempt may do better.
    private sealed class TransferException(string message, bool isPassing, Exception? inner = null) : Exception(message, inner)
    {
        public bool IsPassing { get; } = isPassing;
    }
}
