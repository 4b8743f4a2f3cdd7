namespace Graft.Data.Text.Splitting;

/// <summary>What becomes of the stretches that a pattern finds.</summary>
internal enum SplitBehavior
{
    /// <summary>They go.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>They are the end of what is before them.</summary>
    MergedWithPrevious,

    /// <summary>They are the beginning of what is behind them.</summary>
    MergedWithNext,

    /// <summary>Those that touch are one piece.</summary>
    Contiguous,
}

/// <summary>Divides at the stretches that a pattern finds.</summary>
/// <param name="pattern">What is looked for.</param>
/// <param name="behavior">What becomes of what is found.</param>
/// <param name="invert">Whether what is not found counts as found, and the other way round.</param>
internal sealed class PatternSplitter(TextPattern pattern, SplitBehavior behavior, bool invert) : Splitter
{
    protected override void Split(ReadOnlySpan<char> text, int offset, List<Piece> into)
    {
        var all = new List<(int Start, int End, bool IsFound)>();
        int done = 0;
        while (pattern.Find(text, done, out int start, out int length))
        {
            Add(done, start, invert);
            Add(start, start + length, !invert);
            done = start + length;
        }

        Add(done, text.Length, invert);
        bool beforeNext = false;
        for (int i = 0; i < all.Count; i++)
        {
            (int start, int end, bool isFound) = all[i];
            if (behavior == SplitBehavior.Removed && isFound)
            {
                continue;
            }

            bool isFirst = i == 0, joins = behavior switch
            {
                SplitBehavior.MergedWithPrevious => !isFirst && isFound && !all[i - 1].IsFound,
                SplitBehavior.MergedWithNext => beforeNext && !isFound,
                SplitBehavior.Contiguous => !isFirst && isFound == all[i - 1].IsFound,
                _ => false,
            };
            beforeNext = isFound;
            if (joins)
            {
                into[^1] = new Piece(into[^1].Start, offset + end - into[^1].Start);
            }
            else
            {
                into.Add(new Piece(offset + start, end - start));
            }
        }

        void Add(int from, int to, bool isFound)
        {
            if (to > from)
            {
                all.Add((from, to, isFound));
            }
        }
    }
}
