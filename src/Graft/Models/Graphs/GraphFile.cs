using Graft.Models.Formats;

namespace Graft.Models.Graphs;

/// <summary>Files that hold a graph of operators.</summary>
internal static class GraphFile
{
    /// <summary>Reads a file; which format it is, its name and its first bytes say.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It cannot be read, or holds weights without a graph.</exception>
    public static GraphSource Read(string path) => new(OnnxFile.Read(path), new Dictionary<string, WeightOrigin>());
}
