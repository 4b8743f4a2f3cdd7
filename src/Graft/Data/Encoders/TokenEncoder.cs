using System.Collections;
using System.Globalization;
using System.Text.Json.Serialization;
using Graft.Data.Text;

namespace Graft.Data.Encoders;

/// <summary>A text as the numbers of its tokens, filled up behind its end with the padding token.</summary>
/// <remarks>Texts are made into tokens once, when a data set is bound, in parallel; four bytes a token are kept.</remarks>
/// <param name="Column">The name of the column.</param>
/// <param name="Tokens">Tokens of an encoded row, T, with those that are put at the ends; 1 to 2^20. Longer texts lose their end.</param>
/// <param name="Tokenizer">What makes tokens of a text, with its vocabulary of V tokens.</param>
public sealed record TokenEncoder(string Column, int Tokens, Tokenizer Tokenizer) : ColumnEncoder(Column)
{
    internal const int MostTokens = 1 << 20;

    private const int MostByItself = 512;

    /// <summary>Tokens of an encoded row, T.</summary>
    public int Tokens { get; } = Tensors.Check.Within(Math.Max(1, Tokenizer.SpecialCount() + 1), MostTokens, Tokens);

    /// <inheritdoc/>
    [JsonIgnore]
    public override InputShape Shape => new(InputKind.Tokens, [Tokens]) { Vocabulary = Tokenizer.VocabularySize, Words = new WordList(Tokenizer) };

    /// <inheritdoc/>
    [JsonIgnore]
    public override IReadOnlyList<string> FeatureNames => [];

    /// <summary>Reads the tokenizer or learns its vocabulary, and measures the training rows.</summary>
    /// <param name="train">The training rows.</param>
    /// <param name="column">One of their columns, which holds texts.</param>
    /// <param name="options">Which tokenizer, and how many words and tokens.</param>
    /// <exception cref="GraftInputException">The tokenizer's file is missing or damaged, or no training row has a word.</exception>
    public static TokenEncoder Fit(Dataset train, Column column, InputOptions options)
    {
        string?[] texts = Texts(column);
        Tokenizer tokenizer = options.Tokenizer is WordTokenizer.Words or WordTokenizer.Spaces
            ? WordTokenizer.Learn(texts, options.MaxWords ?? WordTokenizer.DefaultWords, options.MinCount, options.Lowercase, options.Tokenizer == WordTokenizer.Spaces)
                ?? throw new GraftInputException(train.Name, $"column '{column.Name}': expected a word in the training rows, got none.")
            : Tokenizer.Read(options.Tokenizer);
        int least = tokenizer.SpecialCount() + 1;
        if (options.MaxTokens > 0 && options.MaxTokens < least)
        {
            throw new GraftInputException(train.Name, string.Create(CultureInfo.InvariantCulture, $"inputs.max-tokens: expected at least {least} for this tokenizer, whose texts begin and end with tokens of their own, got {options.MaxTokens}."));
        }

        int tokens = options.MaxTokens > 0
            ? options.MaxTokens
            : Math.Max(least, Encode(tokenizer, texts, tokenizer.Truncation?.MaxTokens ?? MostByItself).Ids.Max(i => i.Length));
        return new TokenEncoder(column.Name, tokens, tokenizer);
    }

    /// <inheritdoc/>
    public override BoundColumn Bind(Dataset rows, Column column, IList<string> notices)
    {
        if (!ColumnTexts.CanRead(column))
        {
            throw Refuse(rows, column, "texts");
        }

        (int[][] ids, int cut) = Encode(Tokenizer, Texts(column), Tokens);
        if (cut > 0)
        {
            notices.Add($"{rows.Name}: column '{Column}': {cut} of {column.Count} texts have more than {Tokens} tokens and lose their end.");
        }

        return new BoundColumn(
            (row, destination) =>
            {
                int[] own = ids[row];
                for (int i = 0; i < own.Length; i++)
                {
                    destination[i] = own[i];
                }

                destination[own.Length..].Fill(Tokenizer.PaddingId);
            },
            row => Math.Max(1, ids[row].Length));
    }

    // The vocabulary as a list, without a copy of it.
    private sealed class WordList(Tokenizer tokenizer) : IReadOnlyList<string>
    {
        public int Count => tokenizer.VocabularySize;

        public string this[int index] => tokenizer.TokenAt(index);

        public IEnumerator<string> GetEnumerator() => Enumerable.Range(0, Count).Select(tokenizer.TokenAt).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private static string?[] Texts(Column column)
    {
        var texts = new string?[column.Count];
        for (int row = 0; row < texts.Length; row++)
        {
            texts[row] = ColumnTexts.At(column, row);
        }

        return texts;
    }

    private static (int[][] Ids, int Cut) Encode(Tokenizer tokenizer, string?[] texts, int tokens)
    {
        var truncation = new Truncation(tokens);
        var ids = new int[texts.Length][];
        int cut = 0;
        Parallel.For(0, texts.Length, row =>
        {
            TokenizedText text = tokenizer.Encode(texts[row] ?? "", truncation: truncation);
            ids[row] = text.ToIds();
            if (text.IsCut)
            {
                Interlocked.Increment(ref cut);
            }
        });
        return (ids, cut);
    }
}
