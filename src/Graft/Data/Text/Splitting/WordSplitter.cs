namespace Graft.Data.Text.Splitting;

/// <summary>Runs of letters, digits and underscores, and runs of other signs; spaces go.</summary>
internal sealed class WordSplitter : Splitter
{
    private enum Kind
    {
        Space,
        Word,
        Sign,
    }

    protected override void Split(ReadOnlySpan<char> text, int offset, List<Piece> into)
    {
        int start = 0;
        Kind current = Kind.Space;
        for (int i = 0; i < text.Length;)
        {
            int code = CharKinds.At(text, i, out int length);
            Kind kind = CharKinds.IsWord(code) ? Kind.Word : CharKinds.IsSpace(code) ? Kind.Space : Kind.Sign;
            if (kind != current)
            {
                Add(start, i);
                (start, current) = (i, kind);
            }

            i += length;
        }

        Add(start, text.Length);

        void Add(int from, int to)
        {
            if (current != Kind.Space && to > from)
            {
                into.Add(new Piece(offset + from, to - from));
            }
        }
    }
}
