namespace Graft.Data.Text;

/// <summary>Tokens of one text with their places, while it is read.</summary>
internal sealed class TokenList
{
    public List<int> Ids { get; } = [];

    public List<TextPlace> Places { get; } = [];

    public int Count => Ids.Count;

    public void Add(int id, TextPlace place)
    {
        Ids.Add(id);
        Places.Add(place);
    }

    /// <summary>Takes the last tokens away.</summary>
    /// <param name="count">How many are left.</param>
    public void Cut(int count)
    {
        Ids.RemoveRange(count, Ids.Count - count);
        Places.RemoveRange(count, Places.Count - count);
    }
}
