using System.Globalization;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>BERT's model: of every word the longest token that it begins with, then the longest of the rest, and so on; a word that comes to no end is unknown.</summary>
public sealed class WordPieceTokenizer : Tokenizer
{
    private readonly TokenTrie _tokens;
    private readonly int _inside, _unknown, _most;

    /// <param name="parts">The rest of the tokenizer.</param>
    /// <param name="prefix">What tokens inside a word begin with.</param>
    /// <param name="unknown">The token for words that come to no end.</param>
    /// <param name="most">Characters of the longest word that is tried.</param>
    internal WordPieceTokenizer(TokenizerParts parts, string prefix, int unknown, int most)
        : base(parts)
    {
        _unknown = unknown;
        _most = most;
        _tokens = new TokenTrie(parts.Vocabulary.Count);
        _inside = _tokens.NewRoot();
        foreach ((string token, int id) in parts.Vocabulary.All)
        {
            _tokens.Add(token, id);
            if (token.Length > prefix.Length && token.StartsWith(prefix, StringComparison.Ordinal))
            {
                _tokens.Add(token.AsSpan(prefix.Length), id, _inside);
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"WordPieceTokenizer({VocabularySize} tokens)");

    private protected override void Tokenize(AlignedText text, Piece piece, TokenList into)
    {
        ReadOnlySpan<char> word = text.Chars.Slice(piece.Start, piece.Length);
        int before = into.Count;
        bool isTooLong = IsTooLong(word);
        for (int at = 0; at < word.Length;)
        {
            int id = _tokens.Longest(word[at..], at == 0 ? 0 : _inside, out int length);
            if (id < 0 || isTooLong)
            {
                into.Cut(before);
                into.Add(_unknown, text.Place(piece.Start, piece.Length));
                return;
            }

            into.Add(id, text.Place(piece.Start + at, length));
            at += length;
        }
    }

    private bool IsTooLong(ReadOnlySpan<char> word)
    {
        if (word.Length <= _most)
        {
            return false;
        }

        int count = 0;
        foreach (char c in word)
        {
            count += char.IsLowSurrogate(c) ? 0 : 1;
        }

        return count > _most;
    }
}
