using Graft.Data.Sources;

namespace Graft.Tests.Data.Sources;

/// <summary>Finds real data files; tests that need them are skipped where they are absent.</summary>
internal static class RealData
{
    private static readonly string? Folder = Find();

    /// <summary>The data folder, or the test is skipped.</summary>
    public static DataContext Context(params string[] needed)
    {
        Assert.SkipWhen(Folder is null, "Needs the real data: set GRAFT_DATA to its folder.");
        foreach (string path in needed)
        {
            Assert.SkipUnless(Path.Exists(Path.Combine(Folder!, path)), $"Needs {path} under GRAFT_DATA.");
        }

        return new DataContext(Folder!, Folder, 1);
    }

    /// <summary>The full path of one real file or folder, or the test is skipped.</summary>
    public static string PathOf(string path) => Context(path).Resolve(path);

    private static string? Find()
    {
        string? given = Environment.GetEnvironmentVariable("GRAFT_DATA");
        if (given is not null)
        {
            return Directory.Exists(given) ? given : null;
        }

        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string shared = Path.Combine(folder, "shared", "data");
            if (Directory.Exists(shared))
            {
                return shared;
            }
        }

        return null;
    }
}
