namespace Graft.Tests;

/// <summary>Files beside the scripts that made them, under Golden.</summary>
internal static class GoldenFile
{
    /// <summary>The full path of a file under Golden.</summary>
    public static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Golden", name);

    /// <summary>The bytes of a file under Golden.</summary>
    public static byte[] Read(string name) => File.ReadAllBytes(PathOf(name));
}
