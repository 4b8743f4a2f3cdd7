using System.Globalization;

namespace Graft.Data.Sources;

/// <summary>One value of a row, as its attribute keeps it.</summary>
/// <param name="Number">The number, or the level's code; NaN or -1 where missing.</param>
/// <param name="Text">The text, of attributes that are texts.</param>
internal readonly record struct ArffCell(float Number, string? Text);

/// <summary>One attribute of an ARFF file and the values read so far.</summary>
internal sealed class ArffAttribute
{
    private readonly Dictionary<string, int>? _codes;
    private readonly string[]? _levels;
    private readonly bool _isText;
    private readonly List<float> _numbers = new(0);
    private readonly List<string?> _texts = new(0);

    private ArffAttribute(string name, string[]? levels, bool isText)
    {
        Name = name;
        _isText = isText;
        _levels = levels;
        if (levels is not null)
        {
            _codes = new(StringComparer.Ordinal);
            for (int i = 0; i < levels.Length; i++)
            {
                _codes[levels[i]] = i;
            }
        }
    }

    public string Name { get; }

    /// <summary>What a sparse row leaves out: 0, or the first level.</summary>
    public ArffCell Default => _isText ? new(0, "") : new(0, null);

    /// <summary>Reads what follows @attribute; null where it is not understood.</summary>
    public static ArffAttribute? Parse(ReadOnlySpan<char> text)
    {
        var tokens = new ArffTokens(text);
        if (!tokens.Next(out string name, out _) || name.Length == 0)
        {
            return null;
        }

        ReadOnlySpan<char> type = tokens.Rest.Trim();
        if (type.Length > 1 && type[0] == '{' && type[^1] == '}')
        {
            string[]? levels = Levels(type[1..^1]);
            return levels is null ? null : new ArffAttribute(name, levels, isText: false);
        }

        int end = type.IndexOfAny(' ', '\t');
        return (end < 0 ? type : type[..end]).ToString().ToUpperInvariant() switch
        {
            "NUMERIC" or "REAL" or "INTEGER" => new ArffAttribute(name, null, isText: false),
            "STRING" or "DATE" => new ArffAttribute(name, null, isText: true),
            _ => null,
        };
    }

    /// <summary>Understands a value.</summary>
    /// <param name="text">The value, without quotes.</param>
    /// <param name="isQuoted">Whether it stood in quotes; a quoted question mark is not missing.</param>
    /// <param name="cell">What it is.</param>
    public bool TryRead(string text, bool isQuoted, out ArffCell cell)
    {
        bool isMissing = text == "?" && !isQuoted;
        if (_isText)
        {
            cell = new(0, isMissing ? null : text);
            return true;
        }

        if (_codes is not null)
        {
            int code = -1;
            bool isLevel = isMissing || _codes.TryGetValue(text, out code);
            cell = new(isMissing ? -1 : code, null);
            return isLevel;
        }

        float number = float.NaN;
        bool isNumber = isMissing || (float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && float.IsFinite(number));
        cell = new(number, null);
        return isNumber;
    }

    /// <summary>What a value must be, for messages.</summary>
    public string Expected => _codes is null ? "a finite number" : "a declared level";

    public void Add(ArffCell cell)
    {
        if (_isText)
        {
            _texts.Add(cell.Text);
        }
        else
        {
            _numbers.Add(cell.Number);
        }
    }

    public Column Column() => _isText ? new TextColumn(Name, [.. _texts])
        : _levels is null ? new NumberColumn(Name, [.. _numbers])
        : new CategoryColumn(Name, [.. _numbers.Select(n => (int)n)], _levels);

    private static string[]? Levels(ReadOnlySpan<char> text)
    {
        var levels = new List<string>();
        var tokens = new ArffTokens(text);
        while (tokens.Next(out string level, out _, ','))
        {
            levels.Add(level);
        }

        return tokens.IsBroken || levels.Count == 0 || levels.Distinct(StringComparer.Ordinal).Count() < levels.Count ? null : [.. levels];
    }
}
