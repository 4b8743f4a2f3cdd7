namespace Graft.Benchmarks;

/// <summary>The folder of the sources that this program was built from.</summary>
internal static class Repository
{
    /// <summary>The folder of Graft.slnx; null where the program lies elsewhere.</summary>
    public static string? Root()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Graft.slnx")))
            {
                return folder.FullName;
            }
        }

        return null;
    }
}
