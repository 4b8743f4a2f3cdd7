using System.Globalization;

namespace Graft.Experiments.Spec;

/// <summary>Sets single values of an experiment file from the command line: "optimizer.rate=0.01", "stages.0.epochs=1", "seeds=[1, 2]".</summary>
/// <remarks>
/// The part before the first "=" is a path of keys, list positions from 0, or names of list items; the part after it is YAML.
/// Keys that are not there yet are added; a named part written as one word, such as "optimizer: adam", becomes a map.
/// </remarks>
public static class SpecOverride
{
    private static readonly Place _place = new(Place.CommandLine, 0, 0);

    /// <summary>The tree with all values set.</summary>
    /// <param name="root">The file's tree; stays as it is.</param>
    /// <param name="assignments">Texts of the form "path=value", applied in order.</param>
    /// <exception cref="GraftInputException">An assignment has no "=", its value is no YAML, or its path leads nowhere; holds all.</exception>
    public static SpecNode Apply(SpecNode root, IEnumerable<string> assignments)
    {
        var findings = new Findings();
        foreach (string assignment in assignments)
        {
            int split = assignment.IndexOf('=', StringComparison.Ordinal);
            string path = split < 0 ? "" : assignment[..split].Trim();
            if (path.Length == 0 || path.Split('.').Any(s => s.Length == 0))
            {
                findings.Add(_place, $"expected key=value, got {Ascii.Quote(assignment)}. Such as epochs=2 or optimizer.rate=0.01.");
                continue;
            }

            try
            {
                root = Set(root, path, Parse(path, assignment[(split + 1)..]));
            }
            catch (GraftInputException e)
            {
                findings.Add(e.Findings[0]);
            }
        }

        findings.ThrowIfAny();
        return root;
    }

    /// <summary>The tree with one value set.</summary>
    /// <param name="root">The tree; stays as it is.</param>
    /// <param name="path">Keys, list positions from 0, or names of list items, with dots between.</param>
    /// <param name="value">The new value.</param>
    /// <exception cref="GraftInputException">The path leads to a list item that is not there.</exception>
    public static SpecNode Set(SpecNode root, string path, SpecNode value) => Set(root, path, path.Split('.'), value);

    private static SpecNode Parse(string path, string text)
    {
        if (new SpecScalar(_place, text.Trim()) is { IsNull: true } nothing)
        {
            return nothing;
        }

        try
        {
            return Moved(SpecReader.Read(Place.CommandLine, text));
        }
        catch (GraftInputException e)
        {
            throw new GraftInputException(Place.CommandLine, $"{path}: {e.Findings[0].Message}", inner: e);
        }
    }

    private static SpecNode Moved(SpecNode node) => node switch
    {
        SpecList list => new SpecList(_place, [.. list.Items.Select(Moved)]),
        SpecMap map => new SpecMap(_place, [.. map.Entries.Select(e => new SpecEntry(e.Key, _place, Moved(e.Value)))]),
        SpecScalar scalar => new SpecScalar(_place, scalar.Text, scalar.IsQuoted),
        _ => node,
    };

    private static SpecNode Set(SpecNode node, string path, ReadOnlySpan<string> keys, SpecNode value)
    {
        if (keys.IsEmpty)
        {
            return value;
        }

        switch (node)
        {
            case SpecList list:
                int at = Position(list, path, keys[0]);
                SpecNode[] items = [.. list.Items];
                items[at] = Set(items[at], path, keys[1..], value);
                return new SpecList(list.Place, items);
            case SpecMap map:
                return WithKey(map, path, keys, value);
            case SpecScalar { IsNull: false } scalar:
                return WithKey(new SpecMap(scalar.Place, [new SpecEntry("name", scalar.Place, scalar)]), path, keys, value);
            default:
                return WithKey(new SpecMap(value.Place, []), path, keys, value);
        }
    }

    private static SpecMap WithKey(SpecMap map, string path, ReadOnlySpan<string> keys, SpecNode value)
    {
        string key = keys[0];
        int at = 0;
        while (at < map.Entries.Count && !Spelling.IsSame(map.Entries[at].Key, key) && !Spelling.IsSame(key, map.Entries[at].Key))
        {
            at++;
        }

        List<SpecEntry> entries = [.. map.Entries];
        if (at < entries.Count)
        {
            entries[at] = entries[at] with { Value = Set(entries[at].Value, path, keys[1..], value) };
        }
        else
        {
            entries.Add(new SpecEntry(key, value.Place, Set(new SpecScalar(value.Place, ""), path, keys[1..], value)));
        }

        return new SpecMap(map.Place, entries);
    }

    private static int Position(SpecList list, string path, string key)
    {
        if (int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int at) && at < list.Items.Count)
        {
            return at;
        }

        for (int i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is SpecMap map && map.Find("name")?.Value is SpecScalar name && name.Text == key)
            {
                return i;
            }
        }

        string expected = list.Items.Count == 0 ? "no position, the list is empty" : $"a position from 0 to {list.Items.Count - 1} or the name of an item";
        throw new GraftInputException(Place.CommandLine, $"{path}: expected {expected}, got {Ascii.Quote(key)}.");
    }
}
