using System.Collections.Frozen;
using System.Globalization;

namespace Graft.Data.Text.Normalizing;

/// <summary>What Unicode says of decomposition, composition and the order of marks; .NET does not know it where it runs without cultures.</summary>
internal static class UnicodeTables
{
    private static readonly Lazy<Content> All = new(Read);

    private sealed record Content(
        FrozenDictionary<int, int[]> Canonical, FrozenDictionary<int, int[]> Compatible, FrozenDictionary<int, byte> Classes, FrozenDictionary<long, int> Pairs);

    /// <summary>What a character falls into, all the way; null where it stays as it is. Hangul is not known here.</summary>
    public static int[]? Decomposition(int code, bool isCompatible) =>
        isCompatible && All.Value.Compatible.TryGetValue(code, out int[]? parts) ? parts : All.Value.Canonical.GetValueOrDefault(code);

    /// <summary>The combining class: 0 for what starts anew.</summary>
    public static int Class(int code) => code < 0x300 ? 0 : All.Value.Classes.GetValueOrDefault(code);

    /// <summary>What two characters become together; -1 for nothing. Hangul is not known here.</summary>
    public static int Composition(int first, int second) => All.Value.Pairs.GetValueOrDefault(Key(first, second), -1);

    private static long Key(int first, int second) => ((long)first << 32) | (uint)second;

    private static Content Read()
    {
        var canonical = new Dictionary<int, int[]>();
        var compatible = new Dictionary<int, int[]>();
        var classes = new Dictionary<int, byte>();
        var composed = new List<(int Code, int[] Parts)>();
        using var reader = new StreamReader(typeof(UnicodeTables).Assembly.GetManifestResourceStream("unicode-forms.txt")!);
        while (reader.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            switch (words[0])
            {
                case "M":
                    Mark(classes, words);
                    break;
                case "D" or "S" or "K":
                    int code = Hex(words[1]);
                    int[] parts = [.. words[2..].Select(w => Hex(w))];
                    (words[0] == "K" ? compatible : canonical)[code] = parts;
                    if (words[0] == "D")
                    {
                        composed.Add((code, parts));
                    }

                    break;
                default:
                    break;
            }
        }

        return new Content(canonical.ToFrozenDictionary(), compatible.ToFrozenDictionary(), classes.ToFrozenDictionary(), Compositions(composed).ToFrozenDictionary());
    }

    // A character is composed of its last part and of what the parts before it compose.
    private static Dictionary<long, int> Compositions(List<(int Code, int[] Parts)> composed)
    {
        var pairs = new Dictionary<long, int>();
        foreach ((int code, int[] parts) in composed.OrderBy(c => c.Parts.Length))
        {
            int first = parts[0];
            for (int i = 1; i < parts.Length - 1; i++)
            {
                first = pairs[Key(first, parts[i])];
            }

            pairs[Key(first, parts[^1])] = code;
        }

        return pairs;
    }

    private static void Mark(Dictionary<int, byte> classes, string[] words)
    {
        foreach (string range in words[2..])
        {
            int dash = range.IndexOf('-', StringComparison.Ordinal);
            for (int code = Hex(range.AsSpan(0, dash)); code <= Hex(range.AsSpan(dash + 1)); code++)
            {
                classes[code] = byte.Parse(words[1], CultureInfo.InvariantCulture);
            }
        }
    }

    private static int Hex(ReadOnlySpan<char> digits) => int.Parse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
