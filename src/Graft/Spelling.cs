using System.Text;

namespace Graft;

/// <summary>How names are spelled, and which known name a misspelled one is nearest to.</summary>
public static class Spelling
{
    /// <summary>Lower-kebab from camelCase or PascalCase: "maxNorm" is "max-norm", "KMeans" is "k-means", "L2SP" is "l2-sp".</summary>
    /// <param name="name">A C# name, or a name that is lower-kebab already.</param>
    public static string Kebab(string name)
    {
        var kebab = new StringBuilder();
        for (int i = 0; i < name.Length; i++)
        {
            bool isUpper = char.IsUpper(name[i]);
            bool begins = i > 0 && isUpper && name[i - 1] != '-'
                && (!char.IsUpper(name[i - 1]) || (i + 1 < name.Length && char.IsLower(name[i + 1])));
            _ = begins ? kebab.Append('-') : kebab;
            _ = kebab.Append(char.ToLowerInvariant(name[i]));
        }

        return kebab.ToString();
    }

    /// <summary>Whether a key as written is the one meant: the same text, or its camelCase.</summary>
    /// <param name="written">The key in the file.</param>
    /// <param name="key">The key meant, lower-kebab.</param>
    public static bool IsSame(string written, string key) =>
        written == key || (written.Length > 0 && char.IsLower(written[0]) && !written.Contains('-', StringComparison.Ordinal) && Kebab(written) == key);

    /// <summary>The known name nearest to a misspelled one, or null where none is near.</summary>
    /// <param name="written">The misspelled name.</param>
    /// <param name="known">The names that exist.</param>
    public static string? Nearest(string written, IEnumerable<string> known)
    {
        string name = Kebab(written.Length <= 64 ? written : written[..64]);
        int most = Math.Min(3, (name.Length + 2) / 3);
        return known
            .Select(k => (Name: k, Distance: Distance(name, k)))
            .Where(k => k.Distance <= most || (name.Length >= 3 && k.Name.StartsWith(name, StringComparison.Ordinal)))
            .OrderBy(k => k.Distance)
            .ThenBy(k => k.Name, StringComparer.Ordinal)
            .Select(k => k.Name)
            .FirstOrDefault();
    }

    /// <summary>" Did you mean 'x'?" for the nearest known name, or an empty text.</summary>
    /// <param name="written">The misspelled name.</param>
    /// <param name="known">The names that exist.</param>
    public static string Hint(string written, IEnumerable<string> known) =>
        Nearest(written, known) is string nearest ? $" Did you mean '{nearest}'?" : "";

    // Insertions, deletions, replacements and swaps of neighbors, each 1 (optimal string alignment).
    private static int Distance(string a, string b)
    {
        var d = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    d[i, j] = i + j;
                    continue;
                }

                int replaced = d[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                d[i, j] = Math.Min(replaced, 1 + Math.Min(d[i - 1, j], d[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    d[i, j] = Math.Min(d[i, j], 1 + d[i - 2, j - 2]);
                }
            }
        }

        return d[a.Length, b.Length];
    }
}
