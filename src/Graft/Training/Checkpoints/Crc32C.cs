using System.Buffers.Binary;
using System.Numerics;

namespace Graft.Training.Checkpoints;

/// <summary>CRC-32C (Castagnoli) of bytes that come piece by piece.</summary>
internal struct Crc32C
{
    private uint _value;

    /// <summary>The checksum of all bytes so far.</summary>
    public readonly uint Value => _value;

    public void Add(ReadOnlySpan<byte> bytes)
    {
        uint crc = ~_value;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        _value = ~crc;
    }
}
