using Graft.Hub;

namespace Graft.Data.Sources;

/// <summary>Where a source looks for its files, and the seed of those that draw.</summary>
/// <param name="BaseFolder">The folder of the experiment file; relative paths start here.</param>
/// <param name="DataFolder">The folder that GRAFT_DATA names, or null where it is not set; relative paths are looked for here next.</param>
/// <param name="Seed">The seed of generators; readers of files do not use it.</param>
/// <param name="Home">Graft's home folder, where the hub keeps what it loaded; null for the system's usual one.</param>
public sealed record DataContext(string BaseFolder, string? DataFolder, ulong Seed, string? Home = null)
{
    /// <summary>What columns are known to be, such as those that something was learned from before; a table of text finds out about the others alone.</summary>
    public IReadOnlyDictionary<string, ColumnType> Types { get; init; } = new Dictionary<string, ColumnType>();

    private const string Variable = "${GRAFT_DATA}", HubPrefix = "hub:";

    /// <summary>The full path of an existing file or folder.</summary>
    /// <param name="path">
    /// Absolute, or relative to the experiment file or to the data folder; "${GRAFT_DATA}" stands for the data folder, and "hub:hymenoptera/train" for a file or folder
    /// of what the hub loaded under that name.
    /// </param>
    /// <param name="hint">Where to get the data, said where nothing is found; null for nothing.</param>
    /// <exception cref="GraftInputException">Nothing is there; the message says which places were tried.</exception>
    public string Resolve(string path, string? hint = null)
    {
        if (string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new GraftInputException("", "path: expected the path of a file or folder, got an empty text or one with a zero character.");
        }

        string[] places = path.StartsWith(HubPrefix, StringComparison.Ordinal) ? [OfHub(path[HubPrefix.Length..])] : Places(path);
        foreach (string place in places)
        {
            if (Path.Exists(place))
            {
                return place;
            }
        }

        string tried = places.Length == 0 ? "none, because GRAFT_DATA is not set" : "none at " + string.Join(" or ", places);
        string advice = DataFolder is null
            ? "Set the environment variable GRAFT_DATA to the folder that holds the data."
            : $"GRAFT_DATA is {DataFolder}; it can point to another data folder.";
        throw new GraftInputException(path, $"expected a file or folder, found {tried}. {advice}{(string.IsNullOrEmpty(hint) ? "" : " " + hint)}");
    }

    private string OfHub(string path)
    {
        int end = path.IndexOf('/', StringComparison.Ordinal);
        string root = new GraftHub(Home ?? HubHome.Folder()).PathOf(end < 0 ? path : path[..end]);
        if (end < 0)
        {
            return root;
        }

        string inside = Path.GetFullPath(Path.Combine(root, path[(end + 1)..]));
        return inside.StartsWith(root.TrimEnd(Path.DirectorySeparatorChar) + Path.DirectorySeparatorChar, StringComparison.Ordinal)
            ? inside
            : throw new GraftInputException(HubPrefix + path, $"path: expected a file or folder inside what the hub calls '{path[..end]}', got one outside.");
    }

    private string[] Places(string path)
    {
        if (path.Contains(Variable, StringComparison.Ordinal))
        {
            return DataFolder is null ? [] : [Path.GetFullPath(path.Replace(Variable, DataFolder, StringComparison.Ordinal), Path.GetFullPath(BaseFolder))];
        }

        string beside = Path.GetFullPath(Path.Combine(BaseFolder, path));
        return DataFolder is null || Path.IsPathFullyQualified(path)
            ? [beside]
            : [beside, Path.GetFullPath(Path.Combine(DataFolder, path))];
    }
}
