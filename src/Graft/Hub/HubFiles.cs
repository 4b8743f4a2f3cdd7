namespace Graft.Hub;

/// <summary>What a text in an experiment file leads to: a file, or a name of the hub.</summary>
public static class HubFiles
{
    /// <summary>The file that a path or a hub name stands for: an existing file wins, else the hub's file where it was loaded before. Nothing is loaded here.</summary>
    /// <param name="pathOrName">A path, or a name such as "resnet18".</param>
    /// <param name="resolvePath">Gives the full path of an existing file, or throws a <see cref="GraftInputException"/>.</param>
    /// <param name="home">Graft's home folder; null for the usual one of this system.</param>
    /// <returns>The full path of an existing file, or of the folder of a data set.</returns>
    /// <exception cref="GraftInputException">There is no such file and the hub has none either; both are said.</exception>
    public static string Resolve(string pathOrName, Func<string, string> resolvePath, string? home = null)
    {
        try
        {
            return resolvePath(pathOrName);
        }
        catch (GraftInputException e)
        {
            var hub = new GraftHub(home ?? HubHome.Folder());
            if (hub.Find(pathOrName) is not null)
            {
                return hub.PathOf(pathOrName);
            }

            Finding first = e.Findings[0];
            string hint = Spelling.Hint(pathOrName, hub.Entries.Select(entry => entry.Name));
            throw new GraftInputException(
                [new Finding(first.File, first.Line, first.Column, $"{first.Message.TrimEnd()} No name of the hub either.{hint} `graft list hub` shows all."), .. e.Findings.Skip(1)], e);
        }
    }
}
