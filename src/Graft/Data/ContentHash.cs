using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Graft.Data;

/// <summary>128 bits that tell contents apart: the first half of a SHA-256.</summary>
internal static class ContentHash
{
    /// <summary>Of bytes.</summary>
    public static UInt128 Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(content, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    /// <summary>Of numbers, by their bits.</summary>
    public static UInt128 Of(ReadOnlySpan<float> content) => Of(MemoryMarshal.AsBytes(content));

    /// <summary>Of a content and of what was done with it.</summary>
    public static UInt128 Of(UInt128 content, long first, long second)
    {
        Span<long> parts = [(long)(ulong)content, (long)(ulong)(content >> 64), first, second];
        return Of(MemoryMarshal.AsBytes(parts));
    }
}
