using System.Globalization;

namespace Graft.Data.Sources;

/// <summary>Reads rows of ARFF data.</summary>
internal static class ArffRow
{
    /// <summary>Reads one row.</summary>
    /// <param name="text">The line, trimmed.</param>
    /// <param name="attributes">What values to expect.</param>
    /// <param name="cells">Gets one value for each attribute.</param>
    /// <returns>What is wrong with the row, without a full stop, or null.</returns>
    public static string? Parse(ReadOnlySpan<char> text, List<ArffAttribute> attributes, List<ArffCell> cells)
    {
        cells.Clear();
        return text[0] == '{' ? Sparse(text, attributes, cells) : Full(text, attributes, cells);
    }

    private static string? Full(ReadOnlySpan<char> text, List<ArffAttribute> attributes, List<ArffCell> cells)
    {
        var tokens = new ArffTokens(text);
        int count = 0;
        while (tokens.Next(out string value, out bool isQuoted, ','))
        {
            if (count < attributes.Count)
            {
                if (!attributes[count].TryRead(value, isQuoted, out ArffCell cell))
                {
                    return Refuse(attributes[count], value);
                }

                cells.Add(cell);
            }

            count++;
        }

        return tokens.IsBroken ? "expected values with commas between them and quotes that close, got others"
            : count == attributes.Count ? null : $"expected {attributes.Count} values, got {count}";
    }

    private static string? Sparse(ReadOnlySpan<char> text, List<ArffAttribute> attributes, List<ArffCell> cells)
    {
        if (text[^1] != '}')
        {
            return "expected a sparse row that ends with }, got another";
        }

        foreach (ArffAttribute attribute in attributes)
        {
            cells.Add(attribute.Default);
        }

        var tokens = new ArffTokens(text[1..^1].Trim());
        while (tokens.Next(out string index, out _))
        {
            if (!int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int at) || at >= attributes.Count)
            {
                return $"expected an index from 0 to {attributes.Count - 1}, got '{Shorten(index)}'";
            }

            if (!tokens.Next(out string value, out bool isQuoted, ','))
            {
                return $"expected a value after index {at}, got none";
            }

            if (!attributes[at].TryRead(value, isQuoted, out ArffCell cell))
            {
                return Refuse(attributes[at], value);
            }

            cells[at] = cell;
        }

        return tokens.IsBroken ? "expected values with commas between them and quotes that close, got others" : null;
    }

    private static string Refuse(ArffAttribute attribute, string value) => $"expected {attribute.Expected} for '{attribute.Name}', got '{Shorten(value)}'";

    private static string Shorten(string text) => string.Concat((text.Length > 40 ? text[..40] + "..." : text).Select(c => char.IsControl(c) ? '.' : c));
}
