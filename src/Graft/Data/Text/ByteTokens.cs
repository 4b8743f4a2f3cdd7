using System.Globalization;
using System.Text;
using Graft.Data.Text.Splitting;

namespace Graft.Data.Text;

/// <summary>Tokens such as &lt;0xE2&gt; that stand for bytes, for characters that no other token stands for.</summary>
internal sealed class ByteTokens
{
    private readonly int[] _ids;

    public ByteTokens(Vocabulary vocabulary) =>
        _ids = [.. Enumerable.Range(0, 256).Select(b => vocabulary.Find(string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>")) ?? -1)];

    /// <summary>Adds a token a byte, each with the place of the whole; nothing where a byte has none.</summary>
    public bool TryAdd(AlignedText text, Piece piece, TokenList into)
    {
        int before = into.Count;
        TextPlace place = text.Place(piece.Start, piece.Length);
        Span<byte> bytes = stackalloc byte[4];
        for (int i = piece.Start; i < piece.Start + piece.Length;)
        {
            int code = CharKinds.At(text.Chars, i, out int size);
            foreach (byte value in bytes[..new Rune(code).EncodeToUtf8(bytes)])
            {
                if (_ids[value] < 0)
                {
                    into.Cut(before);
                    return false;
                }

                into.Add(_ids[value], place);
            }

            i += size;
        }

        return true;
    }
}
