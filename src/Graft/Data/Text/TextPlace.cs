namespace Graft.Data.Text;

/// <summary>Where a token stands in the text it came from.</summary>
/// <param name="Start">The first UTF-16 character.</param>
/// <param name="End">The one after the last.</param>
public readonly record struct TextPlace(int Start, int End)
{
    /// <summary>From where the first of both starts to where the last ends.</summary>
    /// <param name="other">Another place of the same text.</param>
    public TextPlace Joined(TextPlace other) => new(Math.Min(Start, other.Start), Math.Max(End, other.End));
}
