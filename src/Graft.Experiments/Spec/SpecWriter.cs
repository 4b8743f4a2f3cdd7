using System.Globalization;
using System.Text;

namespace Graft.Experiments.Spec;

/// <summary>Writes <see cref="SpecNode"/>s as YAML that reads back to the same values: the same text, quoted where it was quoted.</summary>
/// <remarks>Maps and lists of maps take a line a key; lists of scalars stay on one line.</remarks>
public static class SpecWriter
{
    private const string Plain = "_./+-";

    /// <summary>The YAML of a tree, lines ended by \n.</summary>
    /// <param name="node">The tree.</param>
    public static string Write(SpecNode node)
    {
        var yaml = new StringBuilder();
        switch (node)
        {
            case SpecMap { Entries.Count: > 0 } map:
                Map(yaml, map, 0);
                break;
            case SpecList { Items.Count: > 0 } list when !IsFlow(list):
                Items(yaml, list, 0);
                break;
            default:
                _ = yaml.Append(Flow(node)).Append('\n');
                break;
        }

        return yaml.ToString();
    }

    /// <summary>A value on one line, as it may stand in a list or after a key.</summary>
    /// <param name="node">The value.</param>
    public static string Flow(SpecNode node) => node switch
    {
        SpecList list => $"[{string.Join(", ", list.Items.Select(Flow))}]",
        SpecMap map => map.Entries.Count == 0 ? "{}" : $"{{ {string.Join(", ", map.Entries.Select(e => $"{Key(e)}: {Flow(e.Value)}"))} }}",
        SpecScalar { IsNull: true } => "~",
        SpecScalar scalar => scalar.IsQuoted || !IsPlain(scalar.Text) ? Quoted(scalar.Text) : scalar.Text,
        _ => throw new ArgumentException($"node: expected a scalar, list or map, got {node}.", nameof(node)),
    };

    private static void Map(StringBuilder yaml, SpecMap map, int indent)
    {
        bool isFirst = true;
        foreach (SpecEntry entry in map.Entries)
        {
            // The first key of a map in a list stands behind the dash.
            _ = yaml.Append(' ', isFirst && yaml.Length > 0 && yaml[^1] == ' ' ? 0 : indent).Append(Key(entry)).Append(':');
            isFirst = false;
            switch (entry.Value)
            {
                case SpecMap { Entries.Count: > 0 } inner:
                    _ = yaml.Append('\n');
                    Map(yaml, inner, indent + 2);
                    break;
                case SpecList { Items.Count: > 0 } list when !IsFlow(list):
                    _ = yaml.Append('\n');
                    Items(yaml, list, indent + 2);
                    break;
                default:
                    _ = yaml.Append(' ').Append(Flow(entry.Value)).Append('\n');
                    break;
            }
        }
    }

    private static void Items(StringBuilder yaml, SpecList list, int indent)
    {
        foreach (SpecNode item in list.Items)
        {
            _ = yaml.Append(' ', indent).Append("- ");
            if (item is SpecMap { Entries.Count: > 0 } map)
            {
                Map(yaml, map, indent + 2);
            }
            else
            {
                _ = yaml.Append(Flow(item)).Append('\n');
            }
        }
    }

    private static bool IsFlow(SpecList list) => list.Items.All(i => i is not SpecMap { Entries.Count: > 0 });

    private static string Key(SpecEntry entry) => IsPlain(entry.Key) ? entry.Key : Quoted(entry.Key);

    private static bool IsPlain(string text) =>
        text.Length > 0
        && text is not ("-" or "--" or "---" or "..." or "null" or "Null" or "NULL")
        && !text.StartsWith("- ", StringComparison.Ordinal)
        && !text.StartsWith("--- ", StringComparison.Ordinal)
        && !text.StartsWith("... ", StringComparison.Ordinal)
        && text[0] != ' '
        && text[^1] != ' '
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c == ' ' || Plain.Contains(c, StringComparison.Ordinal));

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char c in text)
        {
            _ = c switch
            {
                '"' or '\\' => quoted.Append('\\').Append(c),
                '\n' => quoted.Append("\\n"),
                '\t' => quoted.Append("\\t"),
                < ' ' or (>= '\u007f' and <= '\u00a0') or '\u2028' or '\u2029' or '\ufeff' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }
}
