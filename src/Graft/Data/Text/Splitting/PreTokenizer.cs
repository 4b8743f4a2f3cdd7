namespace Graft.Data.Text.Splitting;

/// <summary>Divides a text into pieces that become tokens on their own. Immutable.</summary>
internal abstract class PreTokenizer
{
    public abstract Pieces Apply(Pieces pieces);
}

/// <summary>One that leaves the text as it is and makes pieces of pieces.</summary>
internal abstract class Splitter : PreTokenizer
{
    public sealed override Pieces Apply(Pieces pieces)
    {
        var all = new List<Piece>(pieces.All.Count * 2);
        foreach (Piece piece in pieces.All)
        {
            Split(pieces.Text.Chars.Slice(piece.Start, piece.Length), piece.Start, all);
        }

        return pieces with { All = all };
    }

    /// <param name="text">The piece.</param>
    /// <param name="offset">Where it starts.</param>
    /// <param name="into">Gets what it is divided into; empty pieces are left out.</param>
    protected abstract void Split(ReadOnlySpan<char> text, int offset, List<Piece> into);
}
