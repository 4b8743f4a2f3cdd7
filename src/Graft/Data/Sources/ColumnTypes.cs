using System.Globalization;
using Graft.Data.Encoders;

namespace Graft.Data.Sources;

/// <summary>What columns of a table of text must be read as, so that they are what they were when something was learned from them.</summary>
internal static class ColumnTypes
{
    /// <summary>Of the columns of a data set that can stand in a table of text.</summary>
    public static IReadOnlyDictionary<string, ColumnType> Of(Dataset rows) => Known(rows.Columns.Select(c => (c.Name, c switch
    {
        NumberColumn => ColumnType.Number,
        CategoryColumn => ColumnType.Category,
        TextColumn => ColumnType.Text,
        _ => (ColumnType?)null,
    })));

    /// <summary>Of a column that a model reads; null where it is in no table of text.</summary>
    public static ColumnType? Of(ColumnEncoder encoder) => encoder switch
    {
        NumberEncoder => ColumnType.Number,
        CategoryEncoder => ColumnType.Category,
        TextEncoder or TokenEncoder => ColumnType.Text,
        _ => null,
    };

    /// <summary>Of a column with known values: null where all of them are numbers in their shortest form, which both kinds of column give.</summary>
    public static ColumnType? Of(IEnumerable<string> values) => values.All(IsShortest) ? null : ColumnType.Category;

    /// <summary>The columns whose type is known; the first one counts where a name comes twice.</summary>
    public static IReadOnlyDictionary<string, ColumnType> Known(IEnumerable<(string Name, ColumnType? Type)> columns)
    {
        var known = new Dictionary<string, ColumnType>(StringComparer.Ordinal);
        foreach ((string name, ColumnType? type) in columns)
        {
            if (type is { } sure)
            {
                known.TryAdd(name, sure);
            }
        }

        return known;
    }

    private static bool IsShortest(string text) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out float number) && number.ToString(CultureInfo.InvariantCulture) == text;
}
