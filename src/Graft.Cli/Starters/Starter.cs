using System.Text;
using Graft.Experiments.Spec;

namespace Graft.Cli.Starters;

/// <summary>Pieces that all starting files share.</summary>
internal static class Starter
{
    private const int Longest = 40;

    /// <summary>A name for files, data sets and tasks, made from any text: small letters, digits and hyphens.</summary>
    /// <param name="text">A file's or column's name.</param>
    /// <param name="fallback">What to take where nothing is left of it.</param>
    public static string Name(string text, string fallback)
    {
        var name = new StringBuilder();
        foreach (char c in text)
        {
            _ = char.IsAsciiLetterOrDigit(c) ? name.Append(char.ToLowerInvariant(c))
                : name.Length > 0 && name[^1] != '-' ? name.Append('-')
                : name;
        }

        string whole = name.ToString().Trim('-');
        return whole.Length == 0 ? fallback : whole.Length <= Longest ? whole : whole[..Longest].TrimEnd('-');
    }

    /// <summary>Names for several texts, all different.</summary>
    /// <param name="texts">Names of files or columns.</param>
    /// <param name="fallback">What to take where nothing is left of one.</param>
    public static IReadOnlyList<string> Names(IEnumerable<string> texts, string fallback)
    {
        var names = new List<string>();
        foreach (string text in texts)
        {
            string name = Name(text, fallback);
            int number = 2;
            while (names.Contains(name))
            {
                name = $"{Name(text, fallback)}-{number++}";
            }

            names.Add(name);
        }

        return names;
    }

    /// <summary>A text as it stands in YAML, in quotes where it must.</summary>
    /// <param name="text">Any text.</param>
    public static string Yaml(string text) => SpecWriter.Flow(new SpecScalar(default, text, isQuoted: text.Length == 0 || text is "true" or "false" or "null" or "~"));

    /// <summary>A comment line, whatever the text holds.</summary>
    /// <param name="text">Any text.</param>
    public static string Comment(string text) => "# " + string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries));

    /// <summary>How it is learned: the last lines of every starting file.</summary>
    /// <param name="epochs">Passes over the training rows.</param>
    public static string Training(int epochs) => $$"""
        seeds: 3                    # everything is done three times; results come with their spread
        epochs: {{epochs}}
        batch: 32
        optimizer: { name: adam, rate: 0.001 }      # `graft list optimizers` shows others
        early-stopping: {{Math.Max(5, epochs / 10)}}{{(epochs < 100 ? " " : "")}}          # stop after so many epochs without a better validation loss, keep the best

        """;
}
