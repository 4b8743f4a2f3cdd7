using System.IO.Compression;

namespace Graft.Data.Sources;

/// <summary>Files of one kind under a folder or in a zip archive, one sub-folder a class, sorted by path.</summary>
/// <remarks>Hidden files are passed over. Nothing is ever unpacked to disk, so that no archive can write anywhere.</remarks>
internal abstract class ClassFiles
{
    /// <summary>Longest file.</summary>
    public const int MaxFileBytes = 64 << 20;

    private const int MaxFiles = 2_000_000;
    private const int MaxDepth = 8;

    private ClassFiles(string[] paths) => Paths = paths;

    /// <summary>Paths below the folder, with / between the parts.</summary>
    public IReadOnlyList<string> Paths { get; }

    /// <summary>The bytes of one file, or only its first ones.</summary>
    /// <param name="index">Index into <see cref="Paths"/>.</param>
    /// <param name="most">Most bytes to read; where the file is longer, as many are read if it is below <see cref="MaxFileBytes"/>, otherwise it is an error.</param>
    /// <param name="shown">The file's name in messages.</param>
    /// <remarks>May be called from several threads.</remarks>
    public abstract byte[] Read(int index, int most, string shown);

    /// <summary>Finds the files.</summary>
    /// <param name="found">Full path of a folder or a zip archive.</param>
    /// <param name="shown">Its name in messages.</param>
    /// <param name="under">A folder inside it, with / between the parts; empty for all of it.</param>
    /// <param name="extensions">Endings of the files' names in lower case: ".png", ".jpg".</param>
    /// <exception cref="GraftInputException">It is neither, it is damaged, or names in it lead out of it.</exception>
    public static ClassFiles Find(string found, string shown, string under, string[] extensions)
    {
        string prefix = under.Length == 0 ? "" : under.TrimEnd('/') + "/";
        return Directory.Exists(found) ? InFolder.Open(found, shown, prefix, extensions) : InZip.Open(found, shown, prefix, extensions);
    }

    /// <summary>The class of a file: the names of the folders it lies in, joined by /; null where it lies in none.</summary>
    /// <param name="index">Index into <see cref="Paths"/>.</param>
    /// <param name="depth">Most folder names.</param>
    public string? Label(int index, int depth)
    {
        string[] folders = Paths[index].Split('/')[..^1];
        return folders.Length == 0 ? null : string.Join('/', folders.Take(depth));
    }

    /// <summary>The first files of each class.</summary>
    /// <param name="depth">How many folder names make a class.</param>
    /// <param name="limitPerClass">Most files of a class; 0 for all.</param>
    /// <param name="skipPerClass">How many of each class come before those.</param>
    public int[] Choose(int depth, int limitPerClass, int skipPerClass = 0)
    {
        var counts = new Dictionary<string, int>(StringComparer.Ordinal);
        var chosen = new List<int>();
        for (int i = 0; i < Paths.Count; i++)
        {
            string label = Label(i, depth) ?? "";
            int place = counts[label] = counts.GetValueOrDefault(label) + 1;
            if (place > skipPerClass && (limitPerClass == 0 || place - skipPerClass <= limitPerClass))
            {
                chosen.Add(i);
            }
        }

        return [.. chosen];
    }

    /// <summary>Columns of classes (where there are any) and of paths.</summary>
    /// <param name="chosen">Indices into <see cref="Paths"/>, one a row.</param>
    /// <param name="depth">How many folder names make a class.</param>
    public IEnumerable<Column> Columns(int[] chosen, int depth)
    {
        string?[] labels = [.. chosen.Select(i => Label(i, depth))];
        if (labels.Any(l => l is not null))
        {
            yield return CategoryColumn.From("label", labels);
        }

        yield return new TextColumn("file", [.. chosen.Select(i => Paths[i])]);
    }

    private static bool IsWanted(string path, string[] extensions)
    {
        bool isHidden = path.StartsWith("__MACOSX/", StringComparison.Ordinal) || path.StartsWith('.') || path.Contains("/.", StringComparison.Ordinal);
        return !isHidden && Array.Exists(extensions, e => path.EndsWith(e, StringComparison.OrdinalIgnoreCase));
    }

    private static GraftInputException TooMany(string shown) => new(shown, $"expected at most {MaxFiles} files, got more.");

    private sealed class InFolder : ClassFiles
    {
        private readonly string _folder;

        private InFolder(string folder, string[] paths)
            : base(paths) => _folder = folder;

        public static InFolder Open(string found, string shown, string prefix, string[] extensions)
        {
            string folder = Path.Combine(found, prefix);
            var options = new EnumerationOptions { RecurseSubdirectories = true, MaxRecursionDepth = MaxDepth, AttributesToSkip = 0, IgnoreInaccessible = false };
            var paths = new List<string>();
            try
            {
                foreach (string file in Directory.EnumerateFiles(folder, "*", options))
                {
                    string path = Path.GetRelativePath(folder, file).Replace('\\', '/');
                    if (IsWanted(path, extensions))
                    {
                        paths.Add(path);
                    }

                    if (paths.Count > MaxFiles)
                    {
                        throw TooMany(shown);
                    }
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new GraftInputException(shown, $"cannot be read: {SourceFile.OneLine(e.Message)}", inner: e);
            }

            paths.Sort(StringComparer.Ordinal);
            return new InFolder(folder, [.. paths]);
        }

        public override byte[] Read(int index, int most, string shown)
        {
            using FileStream stream = SourceFile.Open(Path.Combine(_folder, Paths[index]), shown);
            if (stream.Length > MaxFileBytes)
            {
                throw new GraftInputException(shown, $"expected at most {MaxFileBytes} bytes, got {stream.Length}.");
            }

            var bytes = new byte[Math.Min(most, stream.Length)];
            _ = SourceFile.Guarded(shown, () => stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
            return bytes;
        }
    }

    private sealed class InZip : ClassFiles
    {
        private readonly ZipArchiveEntry[] _entries;
        private readonly Lock _lock = new();

        private InZip(string[] paths, ZipArchiveEntry[] entries)
            : base(paths) => _entries = entries;

        // The archive stays open as long as its files can be asked for.
        public static InZip Open(string found, string shown, string prefix, string[] extensions)
        {
            FileStream stream = SourceFile.Open(found, shown);
            System.Collections.ObjectModel.ReadOnlyCollection<ZipArchiveEntry> all = SourceFile.Guarded(shown, () => new ZipArchive(stream, ZipArchiveMode.Read).Entries);
            if (all.Count > MaxFiles)
            {
                throw TooMany(shown);
            }

            (string Path, ZipArchiveEntry Entry)[] entries = [.. all.Select(e => (Path: e.FullName.Replace('\\', '/'), Entry: e))];
            if (Array.Exists(entries, e => e.Path.StartsWith('/') || e.Path.Split('/').Contains("..") || e.Path.Any(char.IsControl)))
            {
                throw new GraftInputException(shown, "expected names inside the archive, got one that leads out of it.");
            }

            (string Path, ZipArchiveEntry Entry)[] wanted =
            [
                .. entries.Where(e => IsWanted(e.Path, extensions) && e.Path.StartsWith(prefix, StringComparison.Ordinal)).OrderBy(e => e.Path, StringComparer.Ordinal),
            ];

            // Archives often hold one folder with everything in it.
            while (wanted.Length > 0)
            {
                int slash = wanted[0].Path.IndexOf('/', prefix.Length);
                string only = slash < 0 ? "" : wanted[0].Path[..(slash + 1)];
                bool isOnly = slash >= 0 && wanted.All(p => p.Path.StartsWith(only, StringComparison.Ordinal) && p.Path.IndexOf('/', only.Length) >= 0);
                if (!isOnly)
                {
                    break;
                }

                prefix = only;
            }

            return new InZip([.. wanted.Select(p => p.Path[prefix.Length..])], [.. wanted.Select(p => p.Entry)]);
        }

        public override byte[] Read(int index, int most, string shown)
        {
            lock (_lock)
            {
                if (_entries[index].IsEncrypted)
                {
                    throw new GraftInputException(shown, "expected a file without a password, got one with a password.");
                }

                using Stream stream = SourceFile.Guarded(shown, _entries[index].Open);
                if (most >= MaxFileBytes)
                {
                    return SourceFile.ReadAll(stream, MaxFileBytes, shown);
                }

                var bytes = new byte[most];
                int length = SourceFile.Guarded(shown, () => stream.ReadAtLeast(bytes, most, throwOnEndOfStream: false));
                return bytes[..length];
            }
        }
    }
}
