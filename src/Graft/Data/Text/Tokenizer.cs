using System.Text;
using System.Text.Json.Serialization;
using Graft.Data.Text.Finishing;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Divides texts into tokens of a fixed vocabulary.</summary>
/// <remarks>
/// A text is divided at added tokens, normalized, divided into words, and each word into tokens by the model that the class is named after; then the tokens
/// that a model wants at the ends are put there. Immutable: texts can be read from several threads. The time a text takes grows as its length does.
/// Half a surrogate pair in a text is read as U+FFFD.
/// </remarks>
[JsonConverter(typeof(TokenizerConverter))]
public abstract class Tokenizer
{
    private static readonly string[] PaddingNames = ["[PAD]", "<pad>", "<PAD>", "<|pad|>", "<|endoftext|>", "</s>"];

    private readonly TokenizerParts _parts;

    private protected Tokenizer(TokenizerParts parts)
    {
        _parts = parts;
        PaddingId = parts.Padding?.Id ?? PaddingNames.Select(parts.Vocabulary.Find).FirstOrDefault(id => id is not null) ?? 0;
    }

    /// <summary>Numbers of tokens: one more than the greatest, V.</summary>
    public int VocabularySize => _parts.Vocabulary.Size;

    /// <summary>The token that fills up; 0 where the tokenizer names none.</summary>
    public int PaddingId { get; }

    /// <summary>How much of a text is kept where nothing else is said; null for all.</summary>
    public Truncation? Truncation => _parts.Truncation;

    /// <summary>How texts are filled up where nothing else is said; null where the file does not say.</summary>
    public Padding? Padding => _parts.Padding;

    /// <summary>Reads a tokenizer from a tokenizer.json or a vocab.txt of BERT.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="GraftInputException">It is missing, damaged, or of a kind that is not known.</exception>
    public static Tokenizer Read(string path) => TokenizerFile.Read(path);

    /// <summary>Reads what <see cref="ToJson"/> wrote, or any tokenizer.json.</summary>
    /// <param name="json">The text; checked, because it comes from a file.</param>
    /// <param name="file">The file it stands in, for messages.</param>
    /// <exception cref="GraftInputException">It is damaged, or of a kind that is not known.</exception>
    public static Tokenizer FromJson(string json, string file = "") => TokenizerFile.Parse(Encoding.UTF8.GetBytes(json), file);

    /// <summary>The tokenizer as a tokenizer.json.</summary>
    public string ToJson() => Encoding.UTF8.GetString(_parts.Definition);

    /// <summary>The number of a token; null where it is not in the vocabulary.</summary>
    /// <param name="token">As it stands in the vocabulary.</param>
    public int? IdOf(string token) => _parts.Vocabulary.Find(token);

    /// <summary>A token as it stands in the vocabulary; empty where there is none of that number.</summary>
    /// <param name="id">Its number.</param>
    public string TokenAt(int id) => _parts.Vocabulary.At(id) ?? "";

    /// <summary>How many tokens are put around one text, or two.</summary>
    /// <param name="pair">Whether there are two.</param>
    public int SpecialCount(bool pair = false) => _parts.Template.For(pair).Count(i => i.Text < 0);

    /// <summary>A text, or two, as tokens.</summary>
    /// <param name="text">The text.</param>
    /// <param name="pair">A second one, which is told apart by what stands between; null for none.</param>
    /// <param name="special">Whether tokens are put at the ends.</param>
    /// <param name="truncation">How much is kept; null for <see cref="Truncation"/>.</param>
    /// <exception cref="ArgumentException">The text that is to be made shorter is too short for that.</exception>
    public TokenizedText Encode(string text, string? pair = null, bool special = true, Truncation? truncation = null)
    {
        IReadOnlyList<TemplateItem> items = _parts.Template.For(pair is not null);
        TokenList[] texts = pair is null ? [Tokenize(text)] : [Tokenize(text), Tokenize(pair)];
        int added = special ? items.Count(i => i.Text < 0) : 0;
        (Range[] kept, bool isCut) = Shortening.Ranges(texts, truncation ?? Truncation, added);
        return TokenLayout.Make(this, _parts.Template.TrimsPlaces ? [text, pair ?? ""] : null, texts, kept, items, special, isCut);
    }

    /// <summary>Several texts, filled up to one length.</summary>
    /// <param name="texts">The texts.</param>
    /// <param name="padding">How to fill up; null for <see cref="Padding"/>, or with <see cref="PaddingId"/> to the longest.</param>
    /// <param name="truncation">How much is kept; null for <see cref="Truncation"/>.</param>
    public IReadOnlyList<TokenizedText> EncodeAll(IReadOnlyList<string> texts, Padding? padding = null, Truncation? truncation = null)
    {
        var all = new TokenizedText[texts.Count];
        Parallel.For(0, all.Length, i => all[i] = Encode(texts[i], truncation: truncation));
        Padding used = padding ?? Padding ?? new Padding(PaddingId, TokenAt(PaddingId));
        int length = used.Length > 0 ? used.Length : all.Select(t => t.Ids.Count).DefaultIfEmpty(0).Max();
        length = (length + used.Multiple - 1) / used.Multiple * used.Multiple;
        return [.. all.Select(t => t.FilledUp(used, length))];
    }

    /// <summary>Tokens as a text.</summary>
    /// <param name="ids">The numbers of the tokens; those of no token are left out.</param>
    /// <param name="skipSpecial">Whether tokens that stand for no text are left out.</param>
    public string Decode(IEnumerable<int> ids, bool skipSpecial = true)
    {
        List<string> tokens = [.. ids.Where(id => !(skipSpecial && _parts.Special.Contains(id))).Select(TokenAt).Where(t => t.Length > 0)];
        string text = _parts.Decoder is { } decoder ? string.Concat(decoder.Apply(tokens)) : string.Join(' ', tokens);
        return _parts.WordEnd.Length > 0 ? text.Replace(_parts.WordEnd, " ", StringComparison.Ordinal).Trim(' ') : text;
    }

    /// <summary>The model: makes tokens of one piece.</summary>
    /// <param name="text">The normalized text.</param>
    /// <param name="piece">A stretch of it that is not empty.</param>
    /// <param name="into">Gets the tokens.</param>
    private protected abstract void Tokenize(AlignedText text, Piece piece, TokenList into);

    private protected static Pieces Divide(TokenizerParts parts, AlignedText text, Piece piece)
    {
        var whole = new Pieces(text, [piece]);
        return parts.PreTokenizer?.Apply(whole) ?? whole;
    }

    private TokenList Tokenize(string text)
    {
        var tokens = new TokenList();
        foreach ((int start, int end, AddedToken? raw) in _parts.Raw.Split(text))
        {
            if (raw is not null)
            {
                tokens.Add(raw.Id, new TextPlace(start, end));
                continue;
            }

            var section = AlignedText.Of(text, start, end);
            section = _parts.Normalizer?.Apply(section) ?? section;
            foreach ((int from, int to, AddedToken? added) in _parts.Normalized.Split(section.Chars))
            {
                if (added is not null)
                {
                    tokens.Add(added.Id, section.Place(from, to - from));
                    continue;
                }

                Pieces pieces = Divide(_parts, section, new Piece(from, to - from));
                foreach (Piece piece in pieces.All)
                {
                    Tokenize(pieces.Text, piece, tokens);
                }
            }
        }

        return tokens;
    }
}
