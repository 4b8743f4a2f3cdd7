using System.Globalization;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Byte pair encoding: characters, or bytes, that are put together two by two in the order in which that was learned.</summary>
/// <remarks>Of all pairs that touch, the one that was learned first is merged, the leftmost of several; n characters take O(n log n).</remarks>
public sealed class BytePairTokenizer : Tokenizer
{
    // Up to here looking at every pair again is quicker than to keep them in order.
    private const int Few = 20;

    private readonly BytePairModel _model;

    internal BytePairTokenizer(TokenizerParts parts, BytePairModel model)
        : base(parts) => _model = model;

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"BytePairTokenizer({VocabularySize} tokens)");

    private protected override void Tokenize(AlignedText text, Piece piece, TokenList into)
    {
        int whole = _model.IgnoresMerges ? _model.Vocabulary.Find(text.Chars.Slice(piece.Start, piece.Length)) : -1;
        if (whole >= 0)
        {
            into.Add(whole, text.Place(piece.Start, piece.Length));
            return;
        }

        if (piece.Length <= Few)
        {
            int first = into.Count;
            Start(text, piece, into);
            MergeFew(into, first);
            return;
        }

        var symbols = new TokenList();
        Start(text, piece, symbols);
        foreach ((int id, TextPlace place) in Merge(symbols))
        {
            into.Add(id, place);
        }
    }

    // One symbol a character, bytes for those that have none, or what stands for the unknown.
    private void Start(AlignedText text, Piece piece, TokenList symbols)
    {
        int end = piece.Start + piece.Length, first = symbols.Count;
        bool afterUnknown = false;
        for (int i = piece.Start; i < end;)
        {
            _ = CharKinds.At(text.Chars, i, out int size);
            int id = _model.Unit(text.Chars.Slice(i, size), i == piece.Start, i + size == end);
            bool isUnknown = id < 0 && _model.Bytes?.TryAdd(text, new Piece(i, size), symbols) != true;
            if (id >= 0)
            {
                symbols.Add(id, text.Place(i));
            }
            else if (isUnknown && afterUnknown && _model.FusesUnknown && symbols.Count > first)
            {
                symbols.Places[^1] = new TextPlace(symbols.Places[^1].Start, text.Place(i).End);
            }
            else if (isUnknown && _model.Unknown >= 0)
            {
                symbols.Add(_model.Unknown, text.Place(i));
            }

            afterUnknown = isUnknown && _model.Unknown >= 0;
            i += size;
        }
    }

    // The same as Merge for symbols from an index on.
    private void MergeFew(TokenList symbols, int first)
    {
        while (true)
        {
            (int rank, int id, int at) = (int.MaxValue, -1, -1);
            for (int i = first; i + 1 < symbols.Count; i++)
            {
                (int ownRank, int merged) = _model.Merged(symbols.Ids[i], symbols.Ids[i + 1]);
                if (ownRank >= 0 && ownRank < rank)
                {
                    (rank, id, at) = (ownRank, merged, i);
                }
            }

            if (at < 0)
            {
                return;
            }

            symbols.Ids[at] = id;
            symbols.Places[at] = symbols.Places[at].Joined(symbols.Places[at + 1]);
            symbols.Ids.RemoveAt(at + 1);
            symbols.Places.RemoveAt(at + 1);
        }
    }

    private IEnumerable<(int Id, TextPlace Place)> Merge(TokenList symbols)
    {
        int count = symbols.Count;
        int[] next = new int[count], before = new int[count];
        var pairs = new PriorityQueue<(int At, int Left, int Right), long>();
        for (int i = 0; i < count; i++)
        {
            (next[i], before[i]) = (i + 1 < count ? i + 1 : -1, i - 1);
        }

        for (int i = 0; i + 1 < count; i++)
        {
            Look(i);
        }

        while (pairs.TryDequeue(out (int At, int Left, int Right) pair, out _))
        {
            int right = pair.At >= 0 && symbols.Ids[pair.At] == pair.Left ? next[pair.At] : -1;
            if (right < 0 || symbols.Ids[right] != pair.Right)
            {
                continue;               // one of the two has become part of something else
            }

            symbols.Ids[pair.At] = _model.Merged(pair.Left, pair.Right).Id;
            symbols.Places[pair.At] = symbols.Places[pair.At].Joined(symbols.Places[right]);
            symbols.Ids[right] = -1;
            next[pair.At] = next[right];
            if (next[right] >= 0)
            {
                before[next[right]] = pair.At;
                Look(pair.At);
            }

            if (before[pair.At] >= 0)
            {
                Look(before[pair.At]);
            }
        }

        for (int i = count == 0 ? -1 : 0; i >= 0; i = next[i])
        {
            yield return (symbols.Ids[i], symbols.Places[i]);
        }

        void Look(int at)
        {
            (int left, int right) = (symbols.Ids[at], symbols.Ids[next[at]]);
            if (_model.Merged(left, right) is { Rank: >= 0 } merged)
            {
                pairs.Enqueue((at, left, right), ((long)merged.Rank << 32) | (uint)at);
            }
        }
    }
}
