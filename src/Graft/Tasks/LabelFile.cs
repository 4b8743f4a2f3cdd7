using System.Globalization;

namespace Graft.Tasks;

/// <summary>Names of classes as files beside pretrained models hold them: one a line, by number or without.</summary>
/// <remarks>A line is a name, "12 name", "12,name", "12: name" with its own place from 0, or an entry of a Python dictionary, "{12: 'name',". Blank lines at the
/// end are passed over.</remarks>
public static class LabelFile
{
    private const long MaxBytes = 64L << 20;
    private const int MaxLabels = 1_000_000;

    /// <summary>Reads the names.</summary>
    /// <param name="path">The file, UTF-8.</param>
    /// <exception cref="GraftInputException">It cannot be read, is too large, or holds a name twice.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        try
        {
            if (new FileInfo(path).Length > MaxBytes)
            {
                throw new GraftInputException(path, $"labels: expected at most {MaxBytes} bytes, got more.");
            }

            string[] lines = [.. File.ReadLines(path).Take(MaxLabels + 1).Select(l => l.Trim())];
            int count = lines.Length;
            while (count > 0 && lines[count - 1] is "" or "}")
            {
                count--;
            }

            string[] names = [.. lines.Take(count).Select(Name)];
            return count is > 0 and <= MaxLabels ? Distinct(names) : throw new GraftInputException(path, $"labels: expected 1 to {MaxLabels} names, one a line, got {count}.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new GraftInputException(path, $"labels: expected a readable file, got: {e.Message.TrimEnd('.')}.", inner: e);
        }
    }

    /// <summary>Classes as an experiment names them: a list, or a file that holds them.</summary>
    /// <param name="classes">Names; a single one is a file. Null for none.</param>
    /// <param name="find">Gives the full path of a file.</param>
    /// <exception cref="GraftInputException">The file cannot be read.</exception>
    public static IReadOnlyList<string>? Classes(IReadOnlyList<string>? classes, Func<string, string> find) => classes is [string file] ? Read(find(file)) : classes;

    // ImageNet has two cranes and two maillots: later ones get their number.
    private static string[] Distinct(string[] names)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < names.Length; i++)
        {
            while (!seen.Add(names[i]))
            {
                names[i] = string.Create(CultureInfo.InvariantCulture, $"{names[i]} ({i})");
            }
        }

        return names;
    }

    private static string Name(string line, int place)
    {
        string text = line.TrimStart('{').TrimStart();
        string number = place.ToString(CultureInfo.InvariantCulture);
        if (!text.StartsWith(number, StringComparison.Ordinal) || text.Length == number.Length || text[number.Length] is not (',' or ':' or ' ' or '\t'))
        {
            return line;
        }

        text = text[(number.Length + 1)..].Trim();
        text = text.TrimEnd('}').TrimEnd(',').TrimEnd();
        return text.Length >= 2 && text[0] is '\'' or '"' && text[^1] == text[0] ? text[1..^1] : text;
    }
}
