using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>A category as one 0/1 feature for every level of the training rows; an unseen level is all zeros, and counted.</summary>
/// <param name="Column">The name of the column.</param>
/// <param name="Levels">The levels, in the order of their features.</param>
/// <param name="Indicator">Whether a 0/1 feature for "is missing" follows.</param>
public sealed record CategoryEncoder(string Column, IReadOnlyList<string> Levels, bool Indicator) : ColumnEncoder(Column)
{
    private int Width => Math.Max(1, Levels.Count + (Indicator ? 1 : 0));

    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Table, [Width]) { Categories = [new CategoryBlock(0, Width)] };

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => Levels.Count == 0 && !Indicator
        ? [Column]
        : [.. Levels.Select(l => $"{Column}={l}"), .. Indicator ? [$"{Column} is missing"] : (string[])[]];

    /// <summary>Learns which levels the training rows have.</summary>
    /// <param name="column">The training rows.</param>
    /// <param name="maxLevels">Most levels to keep, the most frequent ones; at least 1. The others count as unseen.</param>
    /// <param name="indicator">Whether missing values get a feature of their own, where there are any.</param>
    public static CategoryEncoder Fit(CategoryColumn column, int maxLevels = 256, bool indicator = true)
    {
        Tensors.Check.AtLeast(1, maxLevels);
        var counts = new int[column.Levels.Count];
        bool missing = false;
        foreach (int code in column.Codes)
        {
            if (code < 0)
            {
                missing = true;
            }
            else
            {
                counts[code]++;
            }
        }

        int[] kept = [.. Enumerable.Range(0, counts.Length).Where(l => counts[l] > 0).OrderByDescending(l => counts[l]).ThenBy(l => l).Take(maxLevels).Order()];
        return new CategoryEncoder(column.Name, [.. kept.Select(l => column.Levels[l])], indicator && missing);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        if (!ColumnTexts.CanRead(column))
        {
            throw Refuse(rows, column, "categories");
        }

        CategoryColumn categories = ColumnTexts.AsCategories(column);
        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < Levels.Count; i++)
        {
            index[Levels[i]] = i;
        }

        int[] featureOf = [.. categories.Levels.Select(l => index.GetValueOrDefault(l, -1))];
        CountUnseen(rows, categories, featureOf, notices);
        return new BoundColumn((row, destination) =>
        {
            destination.Clear();
            int code = categories.Codes[row];
            int feature = code < 0 ? (Indicator ? Levels.Count : -1) : featureOf[code];
            if (feature >= 0)
            {
                destination[feature] = 1;
            }
        });
    }

    private void CountUnseen(Dataset rows, CategoryColumn column, int[] featureOf, IList<string> notices)
    {
        var unseen = new SortedSet<string>(StringComparer.Ordinal);
        int count = 0;
        foreach (int code in column.Codes)
        {
            if (code >= 0 && featureOf[code] < 0)
            {
                count++;
                unseen.Add(ColumnTexts.Short(column.Levels[code]));
            }
        }

        if (count > 0)
        {
            notices.Add($"{rows.Name}: column '{Column}': {count} of {column.Count} rows have a level that the model does not know ({string.Join(", ", unseen.Take(5))}{(unseen.Count > 5 ? ", ..." : "")}); it counts as none.");
        }
    }
}
