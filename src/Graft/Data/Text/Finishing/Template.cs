namespace Graft.Data.Text.Finishing;

/// <summary>One item of a template: a text, or a token that is put there.</summary>
/// <param name="Text">0 or 1 for the first or second text; -1 for a token.</param>
/// <param name="Id">The token.</param>
/// <param name="TypeId">The type of what stands there.</param>
internal readonly record struct TemplateItem(int Text, int Id, int TypeId);

/// <summary>What stands before, between and behind one text or two.</summary>
/// <param name="Single">The items around one text.</param>
/// <param name="Pair">The items around two texts.</param>
/// <param name="TrimsPlaces">Whether spaces do not count as places of tokens.</param>
internal sealed record Template(IReadOnlyList<TemplateItem> Single, IReadOnlyList<TemplateItem> Pair, bool TrimsPlaces = false)
{
    /// <summary>The texts alone.</summary>
    public static readonly Template None = new([new(0, 0, 0)], [new(0, 0, 0), new(1, 0, 1)]);

    public IReadOnlyList<TemplateItem> For(bool isPair) => isPair ? Pair : Single;
}
