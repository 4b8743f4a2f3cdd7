using System.Globalization;
using System.Text.Json.Serialization;

namespace Graft.Data.Encoders;

/// <summary>A text as a bag of words: one feature for every word of the vocabulary, which was learned on the training rows.</summary>
/// <remarks>
/// A word is a run of at least two letters, digits or underscores, in lower case. The vocabulary holds the words that most training texts have,
/// in ordinal order. Weights and the scaling to length 1 are those of scikit-learn's TfidfVectorizer.
/// </remarks>
/// <param name="Column">The name of the column.</param>
/// <param name="Words">The vocabulary, in the order of the features; at least one.</param>
/// <param name="Weights">The inverse document frequency of each word; null for plain counts.</param>
public sealed record TextEncoder(string Column, IReadOnlyList<string> Words, IReadOnlyList<double>? Weights = null) : ColumnEncoder(Column)
{
    private readonly Dictionary<string, int> _index = Index(Words, Weights);

    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Table, [Words.Count]);

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => [.. Words.Select(w => $"{Column}:{w}")];

    /// <summary>Learns vocabulary and weights.</summary>
    /// <param name="column">The training rows.</param>
    /// <param name="weighting">What a feature holds.</param>
    /// <param name="maxWords">Most words to keep; at least 1.</param>
    /// <param name="minTexts">Training texts that must have a word; at least 1.</param>
    /// <returns>Null where no word is left.</returns>
    public static TextEncoder? Fit(TextColumn column, TextWeighting weighting = TextWeighting.TfIdf, int maxWords = 2000, int minTexts = 1)
    {
        Tensors.Check.AtLeast(1, maxWords);
        Tensors.Check.AtLeast(1, minTexts);
        var textsWith = new Dictionary<string, int>(StringComparer.Ordinal);
        var own = new HashSet<string>(StringComparer.Ordinal);
        foreach (string? text in column.Values)
        {
            own.Clear();
            foreach (string word in Split(text))
            {
                if (own.Add(word))
                {
                    textsWith[word] = textsWith.GetValueOrDefault(word) + 1;
                }
            }
        }

        string[] words = [.. textsWith.Where(w => w.Value >= minTexts).OrderByDescending(w => w.Value).ThenBy(w => w.Key, StringComparer.Ordinal)
            .Take(maxWords).Select(w => w.Key).Order(StringComparer.Ordinal)];
        double[]? weights = weighting == TextWeighting.TfIdf
            ? [.. words.Select(w => Math.Log((1.0 + column.Count) / (1 + textsWith[w])) + 1)]
            : null;
        return words.Length == 0 ? null : new TextEncoder(column.Name, words, weights);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        if (!ColumnTexts.CanRead(column))
        {
            throw Refuse(rows, column, "texts");
        }

        return new BoundColumn((row, destination) => Encode(ColumnTexts.At(column, row), destination));
    }

    /// <summary>The words of a text, in its order.</summary>
    /// <param name="text">Any text; null has no words.</param>
    public static IEnumerable<string> Split(string? text)
    {
        int start = 0;
        for (int i = 0; i <= (text?.Length ?? -1); i++)
        {
            if (i < text!.Length && (char.IsLetterOrDigit(text[i]) || text[i] == '_'))
            {
                continue;
            }

            if (i - start >= 2)
            {
                yield return text[start..i].ToLower(CultureInfo.InvariantCulture);
            }

            start = i + 1;
        }
    }

    private void Encode(string? text, Span<float> destination)
    {
        destination.Clear();
        foreach (string word in Split(text))
        {
            if (_index.TryGetValue(word, out int feature))
            {
                destination[feature]++;
            }
        }

        if (Weights is null)
        {
            return;
        }

        double squares = 0;
        for (int i = 0; i < destination.Length; i++)
        {
            if (destination[i] != 0)
            {
                destination[i] *= (float)Weights[i];
                squares += (double)destination[i] * destination[i];
            }
        }

        float scale = squares > 0 ? (float)(1 / Math.Sqrt(squares)) : 0;
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] *= scale;
        }
    }

    private static Dictionary<string, int> Index(IReadOnlyList<string> words, IReadOnlyList<double>? weights)
    {
        Tensors.Check.AtLeast(1, words.Count, nameof(words));
        if (weights is not null && weights.Count != words.Count)
        {
            throw new ArgumentException($"TextEncoder: expected {words.Count} weights, got {weights.Count}.", nameof(weights));
        }

        var index = new Dictionary<string, int>(StringComparer.Ordinal);
        for (int i = 0; i < words.Count; i++)
        {
            index[words[i]] = i;
        }

        return index;
    }
}
