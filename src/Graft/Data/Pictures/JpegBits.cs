using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Graft.Data.Pictures;

/// <summary>Reads the bits of one scan: highest first, a zero byte after FF left out, zeros once a marker or the end of the file is reached.</summary>
/// <param name="data">The file from the scan's first byte on.</param>
internal ref struct JpegBits(ReadOnlySpan<byte> data)
{
    private readonly ReadOnlySpan<byte> _data = data;
    private ulong _bits;            // the next bits, from the top
    private int _count;             // how many of them there are
    private long _zeros;            // how many at the end of them are made up

    /// <summary>Offset of the next byte that has not gone into the buffer: at the marker, once all data before it is read.</summary>
    public int Position { readonly get; private set; }

    /// <summary>Whether bits were used that the file does not have.</summary>
    public readonly bool IsPastEnd => _zeros > _count;

    /// <summary>The next bits, from the top; for loops that keep them in registers.</summary>
    public readonly ulong Window => _bits;

    /// <summary>How many bits of <see cref="Window"/> there are.</summary>
    public readonly int Count => _count;

    /// <summary>Makes sure that at least 32 bits are ready.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Fill()
    {
        if (_count < 32)
        {
            Refill();
        }
    }

    /// <summary>Takes back what a loop kept in registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Put(ulong window, int count)
    {
        _bits = window;
        _count = count;
    }

    /// <summary>Reads on: at least 57 bits are ready afterwards.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Refill()
    {
        if (Position <= _data.Length - 8)
        {
            ulong next = BinaryPrimitives.ReadUInt64BigEndian(_data[Position..]);
            bool hasFF = ((~next - 0x0101010101010101) & next & 0x8080808080808080) != 0;
            if (!hasFF)
            {
                int bytes = (64 - _count) >> 3;
                int unused = 64 - _count - (8 * bytes);
                _bits |= next >> _count >> unused << unused;
                _count += 8 * bytes;
                Position += bytes;
                return;
            }
        }

        while (_count <= 56)
        {
            ulong next = 0;
            if (Position < _data.Length && _data[Position] != 0xFF)
            {
                next = _data[Position++];
            }
            else if (Position + 1 < _data.Length && _data[Position + 1] == 0)
            {
                next = 0xFF;
                Position += 2;
            }
            else
            {
                _zeros += 8;
            }

            _bits |= next << (56 - _count);
            _count += 8;
        }
    }

    /// <summary>The next bits, not taken yet.</summary>
    /// <param name="count">1 to 16; as many must be ready.</param>
    public readonly int Peek(int count) => (int)(_bits >> (64 - count));

    /// <summary>Takes bits that are ready.</summary>
    public void Drop(int count)
    {
        _bits <<= count;
        _count -= count;
    }

    /// <summary>Takes bits that are ready as a number of 0 or more.</summary>
    /// <param name="count">0 to 16.</param>
    public int Take(int count)
    {
        int value = (int)(_bits >> 1 >> (63 - count));
        Drop(count);
        return value;
    }

    /// <summary>Takes one bit, filling up first.</summary>
    public bool TakeBit()
    {
        Fill();
        return Take(1) != 0;
    }

    /// <summary>Takes bits that are ready as a signed number (ITU T.81, F.2.2.1): those that begin with 0 stand for negative ones.</summary>
    /// <param name="count">0 to 15.</param>
    public int TakeSigned(int count)
    {
        int value = Take(count);
        return value < (1 << count) >> 1 ? value - (1 << count) + 1 : value;
    }

    /// <summary>Throws the rest of the last byte away and goes on behind a restart marker.</summary>
    /// <param name="number">The marker's number, 0 to 7.</param>
    /// <returns>Whether just that marker was there.</returns>
    public bool TryRestart(int number)
    {
        while (Position + 1 < _data.Length && _data[Position] == 0xFF && _data[Position + 1] == 0xFF)
        {
            Position++;
        }

        bool isThere = !IsPastEnd && Position + 1 < _data.Length && _data[Position] == 0xFF && _data[Position + 1] == 0xD0 + number;
        (_bits, _count, _zeros) = (0, 0, 0);
        Position += 2;
        return isThere;
    }
}
