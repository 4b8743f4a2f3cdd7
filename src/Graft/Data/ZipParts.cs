using System.IO.Compression;

namespace Graft.Data;

/// <summary>Parts of zip archives that lie in the file as they are.</summary>
internal static class ZipParts
{
    private const int Compared = 256;

    /// <summary>Where a part that is not packed begins in its file, or -1 where that is not known.</summary>
    /// <remarks>The archive's stream stands behind what was read of the part; the same bytes must then be found in the file.</remarks>
    /// <param name="entry">The part.</param>
    /// <param name="archive">The stream that the archive is read from.</param>
    /// <param name="file">The same file.</param>
    /// <exception cref="InvalidDataException">The archive is damaged.</exception>
    /// <exception cref="GraftInputException">The file became shorter.</exception>
    public static long StartOf(ZipArchiveEntry entry, Stream archive, FileBytes file)
    {
        if (entry.CompressedLength != entry.Length || entry.Length == 0)
        {
            return -1;
        }

        Span<byte> head = stackalloc byte[Compared], there = stackalloc byte[Compared];
        head = head[..(int)Math.Min(Compared, entry.Length)];
        there = there[..head.Length];
        using Stream stream = entry.Open();
        stream.ReadExactly(head);
        long start = archive.Position - head.Length;
        if (start < 0 || start > file.Length - entry.Length)
        {
            return -1;
        }

        file.Read(start, there, "a part");
        return head.SequenceEqual(there) ? start : -1;
    }
}
