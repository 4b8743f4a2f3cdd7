using System.Runtime.InteropServices;
using Graft.Tensors.Random;

namespace Graft.Data.Splits;

/// <summary>A number for the content of every row, so that equal rows are found, such as duplicates on both sides of a split.</summary>
public static class RowHash
{
    /// <summary>Hashes the chosen columns of every row; rows with equal values have equal hashes, others differ but for one chance in 2^64.</summary>
    /// <param name="rows">The data set; pictures are decoded.</param>
    /// <param name="columns">Names of the columns to look at; at least one.</param>
    public static ulong[] Of(Dataset rows, IReadOnlyList<string> columns)
    {
        var hashes = new ulong[rows.Count];
        foreach (string name in columns)
        {
            Column column = rows[name];
            ulong[]? levels = column is CategoryColumn c ? [.. c.Levels.Select(l => RandomStream.Hash(1, l))] : null;
            for (int row = 0; row < hashes.Length; row++)
            {
                hashes[row] = Add(hashes[row], column switch
                {
                    NumberColumn number => Bytes(MemoryMarshal.AsBytes(number.Values.Slice(row, 1))),
                    CategoryColumn category => category.Codes[row] < 0 ? 0 : levels![category.Codes[row]],
                    VectorColumn vector => Bytes(MemoryMarshal.AsBytes(vector.Row(row))),
                    SequenceColumn sequence => Bytes(MemoryMarshal.AsBytes(sequence.Row(row))),
                    TextColumn text => text.Values[row] is { } value ? RandomStream.Hash(2, value) : 0,
                    PictureColumn picture => picture.Read(row) is { } read ? Add(Bytes(read.Pixels), (ulong)read.Width) : 0,
                    _ => throw new InvalidOperationException($"RowHash: expected a known column, got '{column.Kind}'."),
                });
            }
        }

        return hashes;
    }

    private static ulong Add(ulong hash, ulong value)
    {
        ulong high = Math.BigMul(hash ^ 0x9E3779B97F4A7C15, value ^ 0xD6E8FEB86659FD93, out ulong low);
        hash = (high ^ low) + (value * 0xFF51AFD7ED558CCD) + 1;
        return (hash ^ (hash >> 32)) * 0xC4CEB9FE1A85EC53;
    }

    private static ulong Bytes(ReadOnlySpan<byte> bytes)
    {
        ulong hash = (ulong)bytes.Length;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
        {
            hash = Add(hash, word);
        }

        foreach (byte b in bytes[(words.Length * 8)..])
        {
            hash = Add(hash, b);
        }

        return hash;
    }
}
