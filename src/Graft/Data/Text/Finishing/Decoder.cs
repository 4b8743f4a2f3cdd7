namespace Graft.Data.Text.Finishing;

/// <summary>Makes text of tokens again. Immutable.</summary>
internal abstract class Decoder
{
    /// <param name="tokens">Parts of the text; put together they are the text.</param>
    public abstract List<string> Apply(List<string> tokens);
}
