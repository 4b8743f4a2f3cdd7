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
}
