namespace Graft.Data.Text.Splitting;

/// <summary>SentencePiece's way with spaces: each is a visible sign at the beginning of the word behind it.</summary>
/// <param name="sign">What stands for a space.</param>
/// <param name="always">Whether every piece begins with one.</param>
/// <param name="first">Whether the beginning of the text does.</param>
/// <param name="divides">Whether each sign begins another piece.</param>
internal sealed class Metaspace(char sign, bool always, bool first, bool divides) : PreTokenizer
{
    public override Pieces Apply(Pieces pieces)
    {
        var result = new AlignedText(pieces.Text.Length + pieces.All.Count);
        var all = new List<Piece>();
        foreach (Piece piece in pieces.All)
        {
            int begin = result.Length;
            int place = pieces.Text.Place(piece.Start).Start;
            if (pieces.Text.Chars[piece.Start] != ' ' && pieces.Text.Chars[piece.Start] != sign && (always || (first && place == 0)))
            {
                result.Append(sign, new TextPlace(place, place));
            }

            for (int i = piece.Start; i < piece.Start + piece.Length; i++)
            {
                char c = pieces.Text.Chars[i] == ' ' ? sign : pieces.Text.Chars[i];
                if (divides && c == sign && result.Length > begin)
                {
                    all.Add(new Piece(begin, result.Length - begin));
                    begin = result.Length;
                }

                result.Append(c, pieces.Text.Place(i));
            }

            all.Add(new Piece(begin, result.Length - begin));
        }

        return new Pieces(result, all);
    }
}
