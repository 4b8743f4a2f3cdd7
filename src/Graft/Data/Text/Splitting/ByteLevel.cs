using System.Text;

namespace Graft.Data.Text.Splitting;

/// <summary>Divides a text as GPT-2 does and writes each byte of its UTF-8 as one character, of which there are 256.</summary>
internal sealed class ByteLevel(bool addsSpace, bool divides) : PreTokenizer
{
    private static readonly char[] Characters = Make();

    /// <summary>The character of a byte: itself where it can be seen, and otherwise one from U+0100 on.</summary>
    public static char CharacterOf(byte value) => Characters[value];

    /// <summary>The byte of a character; -1 where it stands for none.</summary>
    public static int ByteOf(char character) => character < 256 && Characters[character] == character ? character
        : character is >= '\u0100' and < '\u0144' ? Array.IndexOf(Characters, character) : -1;

    public override Pieces Apply(Pieces pieces)
    {
        var result = new AlignedText(pieces.Text.Length + 8);
        var all = new List<Piece>(pieces.All.Count * 2);
        Span<byte> bytes = stackalloc byte[4];
        foreach (Piece piece in pieces.All)
        {
            var text = new AlignedText(piece.Length + 1);
            if (addsSpace && pieces.Text.Chars[piece.Start] != ' ')
            {
                int start = pieces.Text.Place(piece.Start).Start;
                text.Append(' ', new TextPlace(start, start));
            }

            text.Append(pieces.Text, piece.Start, piece.Length);
            int done = 0;
            while (done < text.Length)
            {
                int length = text.Length;
                if (divides)
                {
                    _ = LanguagePattern.Gpt2.Find(text.Chars, done, out _, out length);
                }

                int first = result.Length;
                for (int end = done + length; done < end;)
                {
                    int code = CharKinds.At(text.Chars, done, out int size);
                    int count = new Rune(code).EncodeToUtf8(bytes);
                    foreach (byte value in bytes[..count])
                    {
                        result.Append(Characters[value], text.Place(done));
                    }

                    done += size;
                }

                all.Add(new Piece(first, result.Length - first));
            }
        }

        return new Pieces(result, all);
    }

    private static char[] Make()
    {
        var characters = new char[256];
        int hidden = 0;
        for (int value = 0; value < characters.Length; value++)
        {
            bool isSeen = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[value] = isSeen ? (char)value : (char)(256 + hidden++);
        }

        return characters;
    }
}
