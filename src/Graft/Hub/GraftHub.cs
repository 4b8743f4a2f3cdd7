namespace Graft.Hub;

/// <summary>Published weights and data sets by name: loaded once, checked, and then there without a network.</summary>
/// <remarks>
/// <para>Files stand in {home}/hub/{name}/. One that was put there by hand is checked and used like one that was loaded. A checksum is computed when a file is first
/// met and again when its size or time has changed.</para>
/// <para>Safe to use from several processes at once: a lock file in the folder lets one of them load, the others wait for it.</para>
/// </remarks>
/// <param name="home">Graft's home folder, as <see cref="HubHome.Folder"/> gives it.</param>
/// <param name="catalogue">The names that are known; null for those that come with Graft.</param>
public sealed class GraftHub(string home, HubCatalogue? catalogue = null)
{
    private readonly HubCatalogue _catalogue = catalogue ?? HubCatalogue.Default;

    /// <summary>Everything that is known by name.</summary>
    public IReadOnlyCollection<HubEntry> Entries => _catalogue.Entries;

    /// <summary>What a name stands for, or null.</summary>
    /// <param name="name">Such as "resnet18"; in any case, with "-" or "_".</param>
    public HubEntry? Find(string name) => _catalogue.Find(name);

    /// <summary>The folder that the files of an entry stand in, whether they are there or not.</summary>
    /// <param name="entry">What is meant.</param>
    public string FolderOf(HubEntry entry) => Path.Combine(home, "hub", entry.Name);

    /// <summary>What a name leads to once it is there: the file of weights, or the folder of a data set.</summary>
    /// <param name="entry">What is meant.</param>
    public string TargetOf(HubEntry entry) => Path.Combine(FolderOf(entry), (entry.Path ?? entry.Files[0].Name).Replace('/', Path.DirectorySeparatorChar)).TrimEnd(Path.DirectorySeparatorChar);

    /// <summary>Whether all files of an entry are there; nothing is checked or loaded.</summary>
    /// <param name="entry">What is meant.</param>
    public bool IsHere(HubEntry entry) => entry.Files.All(f => File.Exists(PlaceOf(entry, f)) || IsUnpacked(entry, f));

    /// <summary>Where a name is on this machine; nothing is loaded.</summary>
    /// <param name="name">Such as "resnet18".</param>
    /// <returns>The full path of the file of weights, or of the folder of a data set.</returns>
    /// <exception cref="GraftInputException">No such name, not here, or not the file that was published; the message says what to do.</exception>
    public string PathOf(string name)
    {
        HubEntry entry = Known(name);
        foreach (HubFile file in entry.Files)
        {
            if (IsUnpacked(entry, file))
            {
                continue;
            }

            string place = PlaceOf(entry, file);
            if (!File.Exists(place))
            {
                throw new GraftInputException("", $"{entry.Name}: expected {place}, which is not here. `graft pull {entry.Name}` loads it from {file.Address}, or put it there by hand; its checksum ({file.ChecksumText}) is looked at then.");
            }

            Check(entry, file, place);
            if (file.Unpack)
            {
                using FileStream gate = Lock(entry) ?? throw new GraftInputException("", $"{entry.Name}: is being unpacked by another process. Try again in a moment.");
                HubArchive.Unpack(place, FolderOf(entry), CancellationToken.None);
            }
        }

        return TargetOf(entry);
    }

    /// <summary>Makes a name be there: loads what is missing, checks what is there.</summary>
    /// <param name="name">Such as "resnet18".</param>
    /// <param name="client">The connection.</param>
    /// <param name="progress">Is told how far it is, on any thread; null for nobody.</param>
    /// <param name="cancel">Ends it; the next pull goes on from there.</param>
    /// <returns>The full path of the file of weights, or of the folder of a data set.</returns>
    /// <exception cref="GraftInputException">No such name, not to be had, or not what was published; the message says what to do.</exception>
    /// <exception cref="IOException">It cannot be written.</exception>
    public async Task<string> PullAsync(string name, HubClient client, IProgress<HubProgress>? progress = null, CancellationToken cancel = default)
    {
        HubEntry entry = Known(name);
        Directory.CreateDirectory(FolderOf(entry));
        FileStream? gate = Lock(entry);
        while (gate is null)
        {
            progress?.Report(new HubProgress(entry.Name, entry.Files[0].Name, HubStage.Waiting, 0, null));
            await Task.Delay(200, cancel).ConfigureAwait(false);
            gate = Lock(entry);
        }

        await using (gate.ConfigureAwait(false))
        {
            foreach (HubFile file in entry.Files)
            {
                await Pull(entry, file, client, progress, cancel).ConfigureAwait(false);
            }
        }

        return TargetOf(entry);
    }

    private async Task Pull(HubEntry entry, HubFile file, HubClient client, IProgress<HubProgress>? progress, CancellationToken cancel)
    {
        if (IsUnpacked(entry, file))
        {
            return;
        }

        string place = PlaceOf(entry, file);
        bool isHere = File.Exists(place);
        if (isHere)
        {
            progress?.Report(new HubProgress(entry.Name, file.Name, HubStage.Checking, new FileInfo(place).Length, file.Size));
            Check(entry, file, place);
        }
        else
        {
            string sha = await new HubDownload(client, entry.Name, file, place, progress).Run(HubRecord.Read(place)?.Sha256, cancel).ConfigureAwait(false);
            HubRecord.Write(place, sha);
        }

        if (file.Unpack)
        {
            progress?.Report(new HubProgress(entry.Name, file.Name, HubStage.Unpacking, 0, null));
            HubArchive.Unpack(place, FolderOf(entry), cancel);
            if (!isHere)
            {
                // What was loaded here can be loaded again; what a person put here stays.
                File.Delete(place);
            }
        }
    }

    private HubEntry Known(string name) => Find(name) ?? throw new GraftInputException("", $"hub: expected a known name, got '{name}'. `graft list hub` shows all {Entries.Count}.");

    private string PlaceOf(HubEntry entry, HubFile file) => Path.Combine(FolderOf(entry), file.Name);

    private bool IsUnpacked(HubEntry entry, HubFile file) =>
        file.Unpack && entry.Path is { Length: > 0 } && Directory.Exists(TargetOf(entry)) && HubRecord.Read(PlaceOf(entry, file)) is { } record && file.Agrees(record.Sha256);

    private static void Check(HubEntry entry, HubFile file, string place)
    {
        var info = new FileInfo(place);
        HubRecord? record = HubRecord.Read(place);
        if (record is not null && record.Holds(info) && file.Agrees(record.Sha256))
        {
            return;
        }

        string sha = HubRecord.Compute(place);
        string? expected = !file.Agrees(sha) ? file.ChecksumText
            : file.Sha256 is not { Length: 64 } && record is not null && record.Sha256 != sha ? $"{record.Sha256}, which the first download had"
            : null;
        if (expected is not null)
        {
            throw new GraftInputException("", $"{entry.Name}: {place} is not the file that is meant: expected SHA-256 {expected}, got {sha}. Remove it, and `graft pull {entry.Name}` loads it anew.");
        }

        try
        {
            HubRecord.Write(place, sha);
        }
        catch (IOException)
        {
            // A folder that cannot be written is checked each time.
        }
    }

    // The lock of an entry's folder, or null while another process has it.
    private FileStream? Lock(HubEntry entry)
    {
        try
        {
            return new FileStream(Path.Combine(FolderOf(entry), ".lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException) when (File.Exists(Path.Combine(FolderOf(entry), ".lock")))
        {
            return null;
        }
    }
}
