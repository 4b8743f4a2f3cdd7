namespace Graft.Data.Text.Splitting;

/// <summary>What stands between spaces.</summary>
internal sealed class SpaceSplitter : Splitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, List<Piece> into)
    {
        int start = 0;
        for (int i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && !CharKinds.IsSpace(text[i]))
            {
                continue;
            }

            if (i > start)
            {
                into.Add(new Piece(offset + start, i - start));
            }

            start = i + 1;
        }
    }
}
