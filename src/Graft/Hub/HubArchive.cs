using System.Formats.Tar;
using System.IO.Compression;

namespace Graft.Hub;

/// <summary>Unpacks an archive from outside: plain files and folders below one folder, and not more than an honest archive holds.</summary>
internal static class HubArchive
{
    private const int MostEntries = 1_000_000;
    private const int SymbolicLink = 0xA000, FileKind = 0xF000;

    /// <summary>Unpacks it into a folder that appears whole or not at all.</summary>
    /// <param name="archive">A .zip, .tar.gz or .tgz file.</param>
    /// <param name="folder">Where everything goes; what the archive holds stands directly in it. Files that are there and are not of the archive stay.</param>
    /// <param name="cancel">Ends it early; nothing of it is left.</param>
    /// <exception cref="GraftInputException">The archive is damaged or hostile.</exception>
    public static void Unpack(string archive, string folder, CancellationToken cancel)
    {
        string half = Path.Combine(folder, ".unpacking");
        Remove(half);
        Directory.CreateDirectory(half);
        try
        {
            long most = (512L << 20) + 50 * new FileInfo(archive).Length;
            using FileStream stream = File.OpenRead(archive);
            if (archive.EndsWith(".zip", StringComparison.OrdinalIgnoreCase))
            {
                UnpackZip(stream, archive, half, most, cancel);
            }
            else
            {
                UnpackTar(stream, archive, half, most, cancel);
            }

            foreach (string made in Directory.GetFileSystemEntries(half))
            {
                string place = Path.Combine(folder, Path.GetFileName(made));
                Remove(place);
                Directory.Move(made, place);
            }
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or FormatException or NotSupportedException or UnauthorizedAccessException)
        {
            throw new GraftInputException(archive, $"expected an archive that can be unpacked, got: {e.Message.Split('\n')[0]}", inner: e);
        }
        finally
        {
            Remove(half);
        }
    }

    private static void UnpackZip(Stream stream, string archive, string folder, long most, CancellationToken cancel)
    {
        using var zip = new ZipArchive(stream, ZipArchiveMode.Read);
        if (zip.Entries.Count > MostEntries)
        {
            throw new GraftInputException(archive, $"expected at most {MostEntries} files, got {zip.Entries.Count}.");
        }

        long left = most;
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            cancel.ThrowIfCancellationRequested();
            if ((entry.ExternalAttributes >> 16 & FileKind) == SymbolicLink)
            {
                throw new GraftInputException(archive, $"expected plain files, got a link: {entry.FullName}.");
            }

            string place = Place(archive, folder, entry.FullName);
            if (entry.FullName.EndsWith('/'))
            {
                Directory.CreateDirectory(place);
                continue;
            }

            using Stream content = entry.Open();
            left = Write(archive, content, place, left, most);
        }
    }

    private static void UnpackTar(Stream stream, string archive, string folder, long most, CancellationToken cancel)
    {
        using var packed = new GZipStream(stream, CompressionMode.Decompress);
        using var tar = new TarReader(packed);
        long left = most;
        for (int count = 0; tar.GetNextEntry() is { } entry; count++)
        {
            cancel.ThrowIfCancellationRequested();
            if (count > MostEntries)
            {
                throw new GraftInputException(archive, $"expected at most {MostEntries} files, got more.");
            }

            switch (entry.EntryType)
            {
                case TarEntryType.Directory:
                    Directory.CreateDirectory(Place(archive, folder, entry.Name));
                    break;
                case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                    left = Write(archive, entry.DataStream ?? Stream.Null, Place(archive, folder, entry.Name), left, most);
                    break;
                case TarEntryType.GlobalExtendedAttributes:
                    break;
                default:
                    throw new GraftInputException(archive, $"expected plain files, got {entry.EntryType}: {entry.Name}.");
            }
        }
    }

    private static string Place(string archive, string folder, string name)
    {
        string[] parts = name.TrimEnd('/').Split('/');
        bool isPlain = name.Length <= 1000 && parts.All(p => p.Length > 0 && p is not ".." && !p.Any(c => c is '\\' or ':' or < ' '));
        string place = isPlain ? Path.GetFullPath(Path.Combine(folder, Path.Combine(parts))) : "";
        return place.StartsWith(Path.GetFullPath(folder), StringComparison.Ordinal)
            ? place
            : throw new GraftInputException(archive, $"expected paths below one folder, got '{(name.Length > 100 ? name[..100] : name)}'.");
    }

    private static long Write(string archive, Stream content, string place, long left, long most)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(place)!);
        using var file = new FileStream(place, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        var buffer = new byte[1 << 16];
        while (content.Read(buffer) is > 0 and int read)
        {
            left -= read;
            if (left < 0)
            {
                throw new GraftInputException(archive, $"expected to unpack to at most {most} bytes, got more.");
            }

            file.Write(buffer, 0, read);
        }

        return left;
    }

    private static void Remove(string place)
    {
        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }
        else if (File.Exists(place))
        {
            File.Delete(place);
        }
    }
}
