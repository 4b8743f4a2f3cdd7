using System.Globalization;

namespace Graft.Models.Graphs;

/// <summary>Names that are given once: one that is taken already gets a number from 2 on behind it.</summary>
/// <remarks>Where it went on is remembered for each name, so that many namesakes take no longer than many names.</remarks>
/// <param name="taken">Names that nothing else may get.</param>
/// <param name="mark">What stands before the number.</param>
internal sealed class FreeNames(IEnumerable<string> taken, char mark)
{
    private readonly HashSet<string> _taken = new(taken, StringComparer.Ordinal);
    private readonly Dictionary<string, int> _next = new(StringComparer.Ordinal);

    /// <summary>A name that nothing has yet.</summary>
    /// <param name="name">What it is without a number.</param>
    public string Take(string name)
    {
        string free = name;
        for (int i = _next.GetValueOrDefault(name, 2); !_taken.Add(free); _next[name] = ++i)
        {
            free = string.Create(CultureInfo.InvariantCulture, $"{name}{mark}{i}");
        }

        return free;
    }
}
