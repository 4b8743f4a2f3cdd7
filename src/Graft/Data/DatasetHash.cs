using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Graft.Data;

/// <summary>128 bits that tell rows from others: the names and values of all columns, in their order.</summary>
/// <remarks>About a second a gigabyte. Of more than 10,000 pictures so many from all over count, by their files where a source knows them, else by their pixels.</remarks>
internal static class DatasetHash
{
    private const int MostPictures = 10_000;

    /// <summary>Of data sets, one after the other.</summary>
    /// <exception cref="GraftInputException">A picture cannot be read.</exception>
    public static UInt128 Of(IEnumerable<Dataset> all)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (Dataset rows in all)
        {
            Add(hash, rows.Count);
            foreach (Column column in rows.Columns)
            {
                Add(hash, column.Kind);
                Add(hash, column.Name);
                Add(hash, column);
            }
        }

        return MemoryMarshal.Read<UInt128>(hash.GetHashAndReset());
    }

    private static void Add(IncrementalHash hash, Column column)
    {
        switch (column)
        {
            case NumberColumn number:
                hash.AppendData(MemoryMarshal.AsBytes(number.Values));
                break;
            case VectorColumn vector:
                hash.AppendData(MemoryMarshal.AsBytes(vector.Values));
                break;
            case CategoryColumn category:
                hash.AppendData(MemoryMarshal.AsBytes(category.Codes));
                Add(hash, category.Levels);
                break;
            case TextColumn text:
                Add(hash, text.Values);
                break;
            case SequenceColumn sequence:
                for (int row = 0; row < sequence.Count; row++)
                {
                    Add(hash, sequence.Row(row).Length);
                    hash.AppendData(MemoryMarshal.AsBytes(sequence.Row(row)));
                }

                break;
            case PictureColumn pictures:
                int taken = Math.Min(pictures.Count, MostPictures);
                for (int i = 0; i < taken; i++)
                {
                    UInt128 content = Of(pictures, (int)((long)i * pictures.Count / taken));
                    hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<UInt128>(in content)));
                }

                break;
            default:
                throw new InvalidOperationException($"DatasetHash: expected a known column, got '{column.Kind}'.");
        }
    }

    private static UInt128 Of(PictureColumn pictures, int row) => pictures.KnowsContent ? pictures.Content(row)
        : pictures.Read(row) is { } picture ? ContentHash.Of(ContentHash.Of(picture.Pixels), picture.Width, picture.Height)
        : 0;

    private static void Add(IncrementalHash hash, IReadOnlyList<string?> texts)
    {
        Add(hash, texts.Count);
        foreach (string? text in texts)
        {
            Add(hash, text);
        }
    }

    // Its length first, so that texts cannot run into each other.
    private static void Add(IncrementalHash hash, string? text)
    {
        Add(hash, text?.Length ?? -1);
        hash.AppendData(MemoryMarshal.AsBytes(text.AsSpan()));
    }

    private static void Add(IncrementalHash hash, int number) => hash.AppendData(MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in number)));
}
