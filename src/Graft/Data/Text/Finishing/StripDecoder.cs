namespace Graft.Data.Text.Finishing;

/// <summary>Takes a character from the ends of every part.</summary>
/// <param name="sign">The character.</param>
/// <param name="start">How often at the beginning, at most.</param>
/// <param name="stop">How often at the end, at most.</param>
internal sealed class StripDecoder(char sign, int start, int stop) : Decoder
{
    public override List<string> Apply(List<string> tokens) => [.. tokens.Select(Take)];

    private string Take(string token)
    {
        int from = 0, to = token.Length;
        while (from < Math.Min(start, token.Length) && token[from] == sign)
        {
            from++;
        }

        while (to > from && token.Length - to < stop && token[to - 1] == sign)
        {
            to--;
        }

        return token[from..to];
    }
}
