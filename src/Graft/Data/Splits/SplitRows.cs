using System.Globalization;

namespace Graft.Data.Splits;

/// <summary>What a split needs to know of a data set: how many rows, which class each has, and which rows belong together.</summary>
public sealed class SplitRows
{
    private const int MostStrata = 1000;

    /// <param name="name">What messages call the data set.</param>
    /// <param name="count">Number of rows; at least 0.</param>
    /// <param name="labels">A class a row, -1 where it is missing; null for none.</param>
    /// <param name="labelNames">Names of the classes for messages; null for their numbers.</param>
    /// <param name="groups">A group a row, any numbers; -1 for a row that belongs to no group; null for none.</param>
    /// <exception cref="ArgumentException">The lengths differ from the count.</exception>
    public SplitRows(string name, int count, int[]? labels = null, IReadOnlyList<string>? labelNames = null, int[]? groups = null)
    {
        Count = Tensors.Check.AtLeast(0, count);
        CheckLength(labels, nameof(labels));
        CheckLength(groups, nameof(groups));
        Name = name;
        Labels = labels;
        LabelNames = labelNames;
        Groups = groups;

        void CheckLength(int[]? values, string what)
        {
            if (values is not null && values.Length != count)
            {
                throw new ArgumentException($"{name}: expected {count} {what}, got {values.Length}.", what);
            }
        }
    }

    /// <summary>What messages call the data set.</summary>
    public string Name { get; }

    /// <summary>Number of rows.</summary>
    public int Count { get; }

    /// <summary>A class a row, -1 where it is missing; or null.</summary>
    public IReadOnlyList<int>? Labels { get; }

    /// <summary>Names of the classes; or null.</summary>
    public IReadOnlyList<string>? LabelNames { get; }

    /// <summary>A group a row, -1 for a row by itself; or null.</summary>
    public IReadOnlyList<int>? Groups { get; }

    /// <summary>Reads classes and groups from columns.</summary>
    /// <param name="rows">The data set.</param>
    /// <param name="labels">A category, text or number column with at most 1000 different values; null for none.</param>
    /// <param name="groups">A category, text or number column; null for none.</param>
    /// <exception cref="GraftInputException">A column is not there or cannot be used so.</exception>
    public static SplitRows From(Dataset rows, string? labels = null, string? groups = null)
    {
        (int[]? classes, IReadOnlyList<string>? names) = labels is null ? (null, null) : Codes(rows, rows[labels]);
        if (names?.Count > MostStrata)
        {
            throw new GraftInputException(rows.Name, $"stratify: expected a column of at most {MostStrata} different values, got '{labels}' with {names.Count}. Choose a column of classes.");
        }

        return new SplitRows(rows.Name, rows.Count, classes, names, groups is null ? null : Codes(rows, rows[groups]).Codes);
    }

    internal string LabelName(int label) =>
        LabelNames is not null && label >= 0 && label < LabelNames.Count ? LabelNames[label] : label.ToString(CultureInfo.InvariantCulture);

    private static (int[] Codes, IReadOnlyList<string> Names) Codes(Dataset rows, Column column)
    {
        string?[] texts;
        switch (column)
        {
            case CategoryColumn category:
                return (category.Codes.ToArray(), category.Levels);
            case TextColumn text:
                texts = [.. text.Values];
                break;
            case NumberColumn number:
                texts = new string?[number.Count];
                for (int i = 0; i < texts.Length; i++)
                {
                    texts[i] = number.IsMissing(i) ? null : number.Values[i].ToString(CultureInfo.InvariantCulture);
                }

                break;
            default:
                throw new GraftInputException(rows.Name, $"split: expected a category, text or number column, got '{column.Name}', a {column.Kind} column.");
        }

        var coded = CategoryColumn.From(column.Name, texts);
        return (coded.Codes.ToArray(), coded.Levels);
    }
}
