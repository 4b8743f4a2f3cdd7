namespace Graft.Hub;

/// <summary>Where Graft keeps what it loaded and computed once: weights, data sets, features. Everything there can be made again.</summary>
public static class HubHome
{
    /// <summary>The folder that was given, or the system's place for what programs may lose: ~/.cache/graft, ~/Library/Caches/graft, or AppData\Local\graft.</summary>
    /// <param name="given">What the environment variable GRAFT_HOME holds; null or empty for nothing.</param>
    /// <param name="cache">What the environment variable XDG_CACHE_HOME holds, which Linux knows; null or empty for nothing.</param>
    /// <returns>A full path; the folder need not exist.</returns>
    public static string Folder(string? given = null, string? cache = null)
    {
        if (!string.IsNullOrWhiteSpace(given))
        {
            return Path.GetFullPath(given);
        }

        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        string place = OperatingSystem.IsWindows() ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify)
            : OperatingSystem.IsMacOS() ? Path.Combine(user, "Library", "Caches")
            : !string.IsNullOrWhiteSpace(cache) && Path.IsPathFullyQualified(cache) ? cache
            : Path.Combine(user, ".cache");
        return Path.Combine(place.Length == 0 ? Path.GetTempPath() : place, "graft");
    }
}
