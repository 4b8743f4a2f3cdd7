namespace Graft.Data.Text.Splitting;

/// <summary>A stretch of a text.</summary>
internal readonly record struct Piece(int Start, int Length);

/// <summary>A text and the stretches of it that become tokens on their own.</summary>
internal sealed record Pieces(AlignedText Text, List<Piece> All);
