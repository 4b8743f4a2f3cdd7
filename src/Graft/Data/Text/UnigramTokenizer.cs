using System.Globalization;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>SentencePiece's model: of all ways to divide a text into tokens the most probable one, where every token has a probability of its own.</summary>
/// <remarks>
/// Found by dynamic programming from the left (Viterbi). A character that no token stands for is unknown, with a score 10 below the least; unknown characters that
/// touch are one token, or where the file says so bytes.
/// </remarks>
public sealed class UnigramTokenizer : Tokenizer
{
    private const double UnknownPenalty = 10;

    private readonly TokenTrie _tokens;
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly ByteTokens? _bytes;

    /// <param name="parts">The rest of the tokenizer.</param>
    /// <param name="scores">The logarithm of the probability of each token.</param>
    /// <param name="unknown">The token for the unknown; -1 for none.</param>
    /// <param name="bytes">The tokens that stand for bytes; null for none.</param>
    internal UnigramTokenizer(TokenizerParts parts, double[] scores, int unknown, ByteTokens? bytes)
        : base(parts)
    {
        _scores = scores;
        _unknown = unknown;
        _bytes = bytes;
        _unknownScore = scores.Min() - UnknownPenalty;
        _tokens = new TokenTrie(scores.Length);
        for (int id = 0; id < scores.Length; id++)
        {
            _tokens.Add(parts.Vocabulary.At(id), id);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"UnigramTokenizer({VocabularySize} tokens)");

    private protected override void Tokenize(AlignedText text, Piece piece, TokenList into)
    {
        ReadOnlySpan<char> word = text.Chars.Slice(piece.Start, piece.Length);
        (int[] starts, int[] ids) = BestEnds(word);
        var ends = new Stack<int>();
        for (int end = word.Length; end > 0; end = starts[end])
        {
            ends.Push(end);
        }

        int unknownFrom = -1, done = 0;
        while (ends.TryPop(out int end))
        {
            if (ids[end] == _unknown)
            {
                unknownFrom = unknownFrom < 0 ? done : unknownFrom;
            }
            else
            {
                AddUnknown(done);
                into.Add(ids[end], text.Place(piece.Start + done, end - done));
            }

            done = end;
        }

        AddUnknown(done);

        void AddUnknown(int end)
        {
            if (unknownFrom >= 0)
            {
                var part = new Piece(piece.Start + unknownFrom, end - unknownFrom);
                if (_bytes?.TryAdd(text, part, into) != true && _unknown >= 0)
                {
                    into.Add(_unknown, text.Place(part.Start, part.Length));
                }

                unknownFrom = -1;
            }
        }
    }

    // For each end the start and the number of the last token of the best division up to there.
    private (int[] Starts, int[] Ids) BestEnds(ReadOnlySpan<char> word)
    {
        var best = new double[word.Length + 1];
        var starts = new int[word.Length + 1];
        var ids = new int[word.Length + 1];
        Array.Fill(starts, -1);
        for (int start = 0; start < word.Length;)
        {
            _ = CharKinds.At(word, start, out int one);
            bool hasOne = false;
            int node = 0;
            for (int end = start + 1; end <= word.Length; end++)
            {
                node = _tokens.Next(node, word[end - 1]);
                if (node < 0)
                {
                    break;
                }

                int id = _tokens.Value(node);
                if (id >= 0 && !(end < word.Length && char.IsLowSurrogate(word[end])))
                {
                    Try(start, end, id, _scores[id]);
                    hasOne |= end == start + one;
                }
            }

            if (!hasOne)
            {
                Try(start, start + one, _unknown, _unknownScore);
            }

            start += one;
        }

        return (starts, ids);

        void Try(int start, int end, int id, double score)
        {
            double total = best[start] + score;
            if (starts[end] < 0 || total > best[end])
            {
                (best[end], starts[end], ids[end]) = (total, start, id);
            }
        }
    }
}
