using System.Globalization;

namespace Graft.Data.Encoders;

/// <summary>The value of a row as the text that would stand in a file.</summary>
internal static class ColumnTexts
{
    /// <summary>Whether rows of the column can be read as texts.</summary>
    public static bool CanRead(Column column) => column is CategoryColumn or TextColumn or NumberColumn;

    /// <summary>The text of a row; null where it is missing.</summary>
    public static string? At(Column column, int row) => column switch
    {
        CategoryColumn category => category.Codes[row] < 0 ? null : category.Levels[category.Codes[row]],
        TextColumn text => text.Values[row],
        NumberColumn number => float.IsNaN(number.Values[row]) ? null : number.Values[row].ToString(CultureInfo.InvariantCulture),
        _ => throw new InvalidOperationException($"{column.Name}: expected a category, text or number column, got a {column.Kind} column."),
    };

    /// <summary>The same column as categories.</summary>
    public static CategoryColumn AsCategories(Column column)
    {
        if (column is CategoryColumn same)
        {
            return same;
        }

        var texts = new string?[column.Count];
        for (int row = 0; row < texts.Length; row++)
        {
            texts[row] = At(column, row);
        }

        return CategoryColumn.From(column.Name, texts);
    }

    /// <summary>At most 40 characters of a value, for messages.</summary>
    public static string Short(string text) => text.Length <= 40 ? text : text[..37] + "...";
}
