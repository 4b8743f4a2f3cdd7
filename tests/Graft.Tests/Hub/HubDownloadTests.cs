using Graft.Hub;

namespace Graft.Tests.Hub;

/// <summary>Loading from a server that is honest, breaks off, lies, moves or is not there.</summary>
public sealed class HubDownloadTests : HubTestBase
{
    [Fact]
    public async Task A_file_is_loaded_checked_and_stands_in_its_place()
    {
        using var server = new LocalServer((a, _) => LocalServer.File(a, Content));
        var progress = new Heard();

        string path = await Pull(Hub(server.Address("thing.bin"), ShaOf(Content), Content.Length), progress: progress);

        Assert.Equal(Place(), path);
        Assert.Equal(Content, File.ReadAllBytes(path));
        Assert.False(File.Exists(path + ".part"));
        Assert.Equal(Content.Length, progress.All[^1].Bytes);
        Assert.Equal(Content.Length, progress.All[^1].Total);
    }

    [Fact]
    public async Task What_is_here_is_not_asked_for_again()
    {
        using var server = new LocalServer((a, _) => LocalServer.File(a, Content));
        GraftHub hub = Hub(server.Address("thing.bin"), ShaOf(Content)[..8]);

        await Pull(hub);
        await Pull(hub);

        Assert.Single(server.Requests);
        Assert.Equal(Place(), hub.PathOf("THING"));
    }

    [Fact]
    public async Task A_cut_connection_goes_on_where_it_broke()
    {
        using var server = new LocalServer((a, n) => LocalServer.File(a, Content) with { CutAfter = n < 2 ? 6000 : null });

        await Pull(Hub(server.Address("thing.bin"), ShaOf(Content)));

        Assert.Equal(Content, File.ReadAllBytes(Place()));
        Assert.Equal([null, "bytes=6000-", "bytes=12000-"], server.Requests.Select(r => r.Range));
        Assert.Equal([null, "\"v1\"", "\"v1\""], server.Requests.Select(r => r.IfRange));
    }

    [Fact]
    public async Task A_pull_that_gave_up_is_gone_on_with_by_the_next_one()
    {
        using var server = new LocalServer((a, n) => LocalServer.File(a, Content) with { CutAfter = n < 2 ? 4000 : null });
        GraftHub hub = Hub(server.Address("thing.bin"), ShaOf(Content));
        await Assert.ThrowsAsync<GraftInputException>(() => Pull(hub, Client() with { Attempts = 2 }));

        await Pull(hub);

        Assert.Equal(Content, File.ReadAllBytes(Place()));
        Assert.Equal("bytes=8000-", server.Requests.Last().Range);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(416)]
    public async Task A_server_that_refuses_ranges_sends_it_all_again(int status)
    {
        using var server = new LocalServer((a, n) => n == 0
            ? new Answer(200, Content, "ETag: \"v1\"") { CutAfter = 5000 }
            : a.Range is not null && status == 416 ? new Answer(416, []) : new Answer(200, Content, "ETag: \"v1\""));

        await Pull(Hub(server.Address("thing.bin"), ShaOf(Content)));

        Assert.Equal(Content, File.ReadAllBytes(Place()));
    }

    [Fact]
    public async Task A_file_that_changed_meanwhile_is_begun_anew()
    {
        byte[] other = [.. Content.Select(b => (byte)(b + 1))];
        using var server = new LocalServer((a, n) => n == 0 ? LocalServer.File(a, other) with { CutAfter = 5000 } : LocalServer.File(a, Content, "\"v2\""));

        await Pull(Hub(server.Address("thing.bin"), ShaOf(Content)));

        Assert.Equal(Content, File.ReadAllBytes(Place()));
    }

    [Fact]
    public async Task A_rest_that_does_not_fit_its_beginning_is_begun_anew_once()
    {
        // This server forgets that it changed the file: its ranges are of another version than the beginning.
        byte[] other = [.. Content.Select(b => (byte)(b + 1))];
        using var server = new LocalServer((a, n) => n == 0 ? LocalServer.File(a, other) with { CutAfter = 5000 } : LocalServer.File(a, Content));

        await Pull(Hub(server.Address("thing.bin"), ShaOf(Content)));

        Assert.Equal(Content, File.ReadAllBytes(Place()));
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task A_wrong_checksum_removes_the_file_and_says_so()
    {
        using var server = new LocalServer((a, _) => LocalServer.File(a, Content));
        GraftHub hub = Hub(server.Address("thing.bin"), "0123abcd");

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(hub));

        Assert.Equal(
            $"thing: thing.bin from {server.Address("thing.bin")} is not the file that is meant: expected SHA-256 0123abcd..., got {ShaOf(Content)}. It was removed. "
            + "If its maker has changed it, this entry of the hub is out of date.",
            e.Message);
        Assert.False(File.Exists(Place()));
        Assert.False(File.Exists(Place() + ".part"));
    }

    [Fact]
    public async Task Without_a_published_checksum_later_downloads_must_equal_the_first()
    {
        byte[] now = Content;
        using var server = new LocalServer((a, _) => LocalServer.File(a, now));
        GraftHub hub = Hub(server.Address("thing.bin"), null);
        await Pull(hub);
        File.Delete(Place());
        now = [.. Content.Reverse()];

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(hub));

        Assert.Contains($"expected SHA-256 {ShaOf(Content)}, which the first download had, got {ShaOf(now)}", e.Message);
    }

    [Fact]
    public async Task A_missing_file_is_asked_for_once_and_the_message_says_where_to_put_it()
    {
        using var server = new LocalServer((_, _) => new Answer(404, []));

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(Hub(server.Address("thing.bin"), "0123abcd")));

        Assert.Equal(
            $"thing: thing.bin is not here and cannot be loaded from {server.Address("thing.bin")} (404 Said). "
            + $"Load it elsewhere and put it at {Place()}; its checksum (0123abcd...) is looked at then.",
            e.Message);
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_busy_server_is_asked_again_after_longer_and_longer_pauses()
    {
        var pauses = new List<double>();
        using var server = new LocalServer((a, n) => n < 3 ? new Answer(503, []) : LocalServer.File(a, Content));
        HubClient client = Client() with
        {
            Delay = (pause, _) =>
            {
                pauses.Add(pause.TotalSeconds);
                return Task.CompletedTask;
            },
        };

        await Pull(Hub(server.Address("thing.bin"), ShaOf(Content)), client);

        Assert.Equal([1, 2, 4], pauses);
    }

    [Fact]
    public async Task Redirects_are_followed()
    {
        using var second = new LocalServer((a, _) => LocalServer.File(a, Content));
        using var first = new LocalServer((_, n) => n == 0 ? new Answer(302, [], "Location: /again") : new Answer(308, [], "Location: " + second.Address("there")));

        await Pull(Hub(first.Address("thing.bin"), ShaOf(Content)));

        Assert.Equal(["/thing.bin", "/again"], first.Requests.Select(r => r.Path));
        Assert.Equal("/there", second.Requests.Single().Path);
    }

    [Theory]
    [InlineData("file:///etc/hostname", "it leads to file, which is not as safe as http")]
    [InlineData("/thing.bin", "it leads on more than 10 times")]
    public async Task Redirects_to_other_places_and_in_circles_are_refused(string location, string expected)
    {
        using var server = new LocalServer((_, _) => new Answer(302, [], "Location: " + location));

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(Hub(server.Address("thing.bin"), ShaOf(Content))));

        Assert.Contains(expected, e.Message);
    }

    [Fact]
    public async Task A_mirror_is_asked_where_the_first_address_fails()
    {
        using var good = new LocalServer((a, _) => LocalServer.File(a, Content));
        using var bad = new LocalServer((_, _) => new Answer(403, []));
        var hub = new GraftHub(Home.Path, Catalogue(
            $$"""{ "thing": { "kind": "weights", "what": "", "license": "", "files": [ { "url": "{{bad.Address("thing.bin")}}", "mirrors": ["{{good.Address("thing.bin")}}"], "sha256": "{{ShaOf(Content)}}" } ] } }"""));

        await Pull(hub);

        Assert.Equal(Content, File.ReadAllBytes(Place()));
    }

    [Fact]
    public async Task Without_a_server_it_is_one_error_at_once()
    {
        var server = new LocalServer((a, _) => LocalServer.File(a, Content));
        string address = server.Address("thing.bin");
        server.Dispose();
        HubClient client = Client() with { Delay = (_, _) => throw new InvalidOperationException("waited") };

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(Hub(address, ShaOf(Content)), client));

        Assert.StartsWith($"thing: thing.bin is not here and cannot be loaded from {address} (", e.Message);
        Assert.EndsWith($"Load it elsewhere and put it at {Place()}; its checksum ({ShaOf(Content)}) is looked at then.", e.Message);
    }

    [Fact]
    public async Task A_silent_server_is_given_up()
    {
        CancellationToken end = TestContext.Current.CancellationToken;
        using var release = new ManualResetEventSlim();
        using var server = new LocalServer((_, _) =>
        {
            release.Wait(5000, end);
            return new Answer(404, []);
        });
        HubClient client = HubClient.New() with { Delay = (_, _) => Task.CompletedTask, Attempts = 1 };
        client.Http.Timeout = TimeSpan.FromMilliseconds(200);

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(Hub(server.Address("thing.bin"), ShaOf(Content)), client));

        Assert.Contains("(the server is silent)", e.Message);
        release.Set();
    }

    [Fact]
    public async Task More_bytes_than_the_entry_says_are_refused()
    {
        using var server = new LocalServer((_, _) => new Answer(200, Content) { Length = -1 });

        var e = await Assert.ThrowsAsync<GraftInputException>(() => Pull(Hub(server.Address("thing.bin"), ShaOf(Content), size: 10_000)));

        Assert.Contains("expected at most 10000 bytes, got more", e.Message);
    }

    [Fact]
    public async Task A_full_disk_is_an_error_that_says_how_much_is_needed_and_leaves_nothing()
    {
        const int DiskFull = unchecked((int)0x80070070);
        using var server = new LocalServer((a, _) => LocalServer.File(a, Content));
        HubClient client = Client() with { OpenPart = (path, _) => new FullDisk(File.Create(path), 5000, DiskFull) };

        var e = await Assert.ThrowsAsync<IOException>(() => Pull(Hub(server.Address("thing.bin"), ShaOf(Content)), client));

        Assert.Equal($"{Place()}: cannot be written, and what was loaded is removed: No space left. thing.bin needs 0.0 MB. GRAFT_HOME can name a folder on another disk.", e.Message);
        Assert.Equal([".lock"], Directory.GetFiles(Path.GetDirectoryName(Place())!).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Two_at_once_load_it_once()
    {
        using var server = new LocalServer((a, _) =>
        {
            Thread.Sleep(300);
            return LocalServer.File(a, Content);
        });
        string address = server.Address("thing.bin");

        string[] paths = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(() => Pull(Hub(address, ShaOf(Content))))));

        Assert.All(paths, p => Assert.Equal(Place(), p));
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task A_cancelled_pull_ends_at_once_and_keeps_what_it_has()
    {
        using var cancel = new CancellationTokenSource();
        using var server = new LocalServer((a, n) => LocalServer.File(a, Content) with { CutAfter = n == 0 ? 6000 : null });
        HubClient client = Client() with
        {
            Delay = (_, _) =>
            {
                cancel.Cancel();
                return Task.FromCanceled(cancel.Token);
            },
        };
        GraftHub hub = Hub(server.Address("thing.bin"), ShaOf(Content));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Pull(hub, client, cancel: cancel.Token));

        Assert.Equal(6000, new FileInfo(Place() + ".part").Length);
    }

    private sealed class Heard : IProgress<HubProgress>
    {
        public List<HubProgress> All { get; } = [];

        public void Report(HubProgress value) => All.Add(value);
    }

    /// <summary>A disk with room for so many bytes.</summary>
    private sealed class FullDisk(Stream inner, int room, int code) : Stream
    {
        private int _left = room;

        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => inner.Length;

        public override long Position { get => inner.Position; set => throw new NotSupportedException(); }

        public override void Write(byte[] buffer, int offset, int count)
        {
            _left -= count;
            if (_left < 0)
            {
                throw new IOException("No space left.", code);
            }

            inner.Write(buffer, offset, count);
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        protected override void Dispose(bool disposing)
        {
            inner.Dispose();
            base.Dispose(disposing);
        }
    }
}
