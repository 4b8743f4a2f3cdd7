using Graft.Data;

namespace Graft.Cli.Starters;

/// <summary>Pictures in one sub-folder a class.</summary>
/// <param name="Pictures">The pictures to learn from, read.</param>
/// <param name="Path">Their folder.</param>
/// <param name="Test">The folder of the pictures to test with; null where they are to be split off.</param>
internal sealed record PictureFolder(Dataset Pictures, string Path, string? Test = null)
{
    /// <summary>Their classes.</summary>
    public IReadOnlyList<string> Classes => ((CategoryColumn)Pictures["label"]).Levels;

    /// <summary>The same with paths as they are to stand in a file.</summary>
    public PictureFolder From(Func<string, string> write) => this with { Path = write(Path), Test = Test is null ? null : write(Test) };
}
