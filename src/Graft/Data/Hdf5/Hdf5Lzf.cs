namespace Graft.Data.Hdf5;

/// <summary>LZF: bytes as they are, and stretches that came before.</summary>
/// <remarks>A byte below 32 says how many bytes less one follow as they are. Any other has in its upper three bits the length less 2 of a stretch that came before (7: the next
/// byte is added), and in its lower five, with the byte after, how far before less one.</remarks>
internal static class Hdf5Lzf
{
    /// <summary>Unpacks bytes.</summary>
    /// <param name="packed">What is unpacked.</param>
    /// <param name="into">Gets them.</param>
    /// <returns>How many there are; -1 where they are damaged or too many.</returns>
    public static int Unpack(ReadOnlySpan<byte> packed, Span<byte> into)
    {
        int to = 0;
        for (int at = 0; at < packed.Length;)
        {
            int head = packed[at++], length = (head >> 5) + 2;
            if (head < 32)
            {
                length = head + 1;
                if (length > packed.Length - at || length > into.Length - to)
                {
                    return -1;
                }

                packed.Slice(at, length).CopyTo(into[to..]);
                (at, to) = (at + length, to + length);
                continue;
            }

            if (head >> 5 == 7)
            {
                length += at < packed.Length ? packed[at++] : 0;
            }

            int back = at < packed.Length ? (((head & 31) << 8) | packed[at++]) + 1 : int.MaxValue;
            if (back > to || length > into.Length - to)
            {
                return -1;
            }

            for (int end = to + length; to < end; to++)      // a stretch may repeat itself
            {
                into[to] = into[to - back];
            }
        }

        return to;
    }
}
