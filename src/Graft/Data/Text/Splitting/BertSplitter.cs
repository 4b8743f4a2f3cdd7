namespace Graft.Data.Text.Splitting;

/// <summary>Words between spaces, and every sign of punctuation alone.</summary>
internal sealed class BertSplitter : Splitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, List<Piece> into)
    {
        int start = 0;
        for (int i = 0; i < text.Length;)
        {
            int code = CharKinds.At(text, i, out int length);
            bool isSign = CharKinds.IsPunctuation(code);
            if (isSign || CharKinds.IsSpace(code))
            {
                Add(offset, start, i, into);
                start = i + length;
                Add(offset, i, isSign ? start : i, into);
            }

            i += length;
        }

        Add(offset, start, text.Length, into);
    }

    private static void Add(int offset, int from, int to, List<Piece> into)
    {
        if (to > from)
        {
            into.Add(new Piece(offset + from, to - from));
        }
    }
}
