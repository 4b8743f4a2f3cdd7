namespace Graft.Data.Text;

/// <summary>Where a token stands in the text it came from.</summary>
/// <param name="Start">The first UTF-16 character.</param>
/// <param name="End">The one after the last.</param>
public readonly record struct TextPlace(int Start, int End);
