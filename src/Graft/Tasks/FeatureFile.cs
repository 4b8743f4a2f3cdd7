using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Graft.Tasks;

/// <summary>A file of features: the contents of some rows as 128 bits each, then their features, then a checksum of it all.</summary>
/// <remarks>Little-endian: "GRFTFEA1", width, rows, hashes [rows, 16 bytes], features [rows, width] in single precision, SHA-256. Written once, never changed.</remarks>
internal static class FeatureFile
{
    private const int HeaderBytes = 16, HashBytes = 16, ChecksumBytes = 32;

    private static ReadOnlySpan<byte> Magic => "GRFTFEA1"u8;

    /// <summary>Writes the features of some rows into a folder, under a name made of their contents.</summary>
    /// <returns>The file.</returns>
    /// <exception cref="IOException">It cannot be written.</exception>
    public static string Write(string folder, ReadOnlySpan<UInt128> contents, ReadOnlySpan<float> features)
    {
        var head = new byte[HeaderBytes + (contents.Length * HashBytes)];
        Magic.CopyTo(head);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(8), features.Length / contents.Length);
        BinaryPrimitives.WriteInt32LittleEndian(head.AsSpan(12), contents.Length);
        for (int i = 0; i < contents.Length; i++)
        {
            BinaryPrimitives.WriteUInt128LittleEndian(head.AsSpan(HeaderBytes + (i * HashBytes)), contents[i]);
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(head);
        hash.AppendData(MemoryMarshal.AsBytes(features));
        byte[] checksum = hash.GetHashAndReset(), body = MemoryMarshal.AsBytes(features).ToArray();
        Directory.CreateDirectory(folder);
        string path = Path.Combine(folder, Convert.ToHexStringLower(checksum.AsSpan(0, 16)) + FeatureStore.Extension);
        AtomicFile.Write(path, stream =>
        {
            stream.Write(head);
            stream.Write(body);
            stream.Write(checksum);
        });
        return path;
    }

    /// <summary>Takes the features of rows that are wanted.</summary>
    /// <param name="path">The file.</param>
    /// <param name="width">Features a row.</param>
    /// <param name="wanted">Where the features of a content go: places in <paramref name="values"/>, counted in rows.</param>
    /// <param name="values">Row-major [rows, width].</param>
    /// <returns>The contents that were found; null where the file is damaged, and then what was put into <paramref name="values"/> is worth nothing.</returns>
    /// <exception cref="IOException">It cannot be read, for example because it was removed meanwhile.</exception>
    public static List<UInt128>? Read(string path, int width, Dictionary<UInt128, List<int>> wanted, float[] values)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 1 << 16);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var head = new byte[HeaderBytes];
        long length = stream.Length;
        if (length < HeaderBytes + ChecksumBytes || !Fill(stream, head) || !head.AsSpan(0, 8).SequenceEqual(Magic))
        {
            return null;
        }

        int rows = BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(12));
        long rowBytes = HashBytes + ((long)width * sizeof(float));
        if (BinaryPrimitives.ReadInt32LittleEndian(head.AsSpan(8)) != width || rows < 1 || length != HeaderBytes + (rows * rowBytes) + ChecksumBytes)
        {
            return null;
        }

        hash.AppendData(head);
        var contents = new UInt128[rows];
        var one = new byte[HashBytes];
        for (int i = 0; i < rows; i++)
        {
            _ = Fill(stream, one);
            hash.AppendData(one);
            contents[i] = BinaryPrimitives.ReadUInt128LittleEndian(one);
        }

        var row = new byte[width * sizeof(float)];
        var found = new List<UInt128>();
        for (int i = 0; i < rows; i++)
        {
            _ = Fill(stream, row);
            hash.AppendData(row);
            if (wanted.TryGetValue(contents[i], out List<int>? places))
            {
                found.Add(contents[i]);
                foreach (int place in places)
                {
                    MemoryMarshal.Cast<byte, float>(row).CopyTo(values.AsSpan(place * width));
                }
            }
        }

        var checksum = new byte[ChecksumBytes];
        return Fill(stream, checksum) && hash.GetHashAndReset().AsSpan().SequenceEqual(checksum) ? found : null;
    }

    private static bool Fill(Stream stream, byte[] buffer) => stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length;
}
