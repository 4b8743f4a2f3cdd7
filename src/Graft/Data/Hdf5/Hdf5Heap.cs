using System.Numerics;

namespace Graft.Data.Hdf5;

/// <summary>A fractal heap: where dense groups and objects with many attributes keep their links and attributes.</summary>
/// <remarks>
/// <para>The heap is one range of offsets, cut into blocks whose sizes double from row to row; an object's number names its place in that range. Small objects stand in
/// their number itself, huge ones lie in the file by themselves and are found by a tree.</para>
/// <para>Objects lie beside each other: taken one after the other they have at most the bytes of the blocks that were read for them.</para>
/// </remarks>
internal sealed class Hdf5Heap
{
    private const int MaxRows = 64;
    private const long MaxBlock = 1L << 40;
    private const int HugeObjects = 1;      // the kind of tree that finds them

    private readonly Hdf5File _file;
    private readonly List<(long Start, long Size, long Address)> _blocks = [];
    private readonly Dictionary<int, ByteReader> _read = [];
    private readonly long _hugeTree;
    private readonly int _width;
    private readonly long _first;
    private readonly int _directRows;
    private readonly int _offsetWidth;
    private readonly int _lengthWidth;
    private Dictionary<long, (long Address, long Length)>? _huge;
    private long _room;                     // of the blocks that were read, less the objects that were taken

    /// <exception cref="GraftInputException">The heap is damaged, or packed.</exception>
    public Hdf5Heap(Hdf5File file, long address)
    {
        _file = file;
        int offset = file.OffsetSize, length = file.LengthSize;
        ByteReader head = file.Block(address, 22 + (3 * offset) + (12 * length), "a heap");
        if (!head.Take(4, "a signature").Span.SequenceEqual("FRHP"u8) || head.U8("a version") != 0)
        {
            throw head.Error("expected a heap of links or attributes, got something else");
        }

        IdSize = head.U16("a number's size");
        int filters = head.U16("the size of filters");
        _ = head.U8("flags");
        long mostManaged = head.U32("the size of objects");
        _ = file.Length(head, "a number of a huge object");
        _hugeTree = file.Address(head, "a tree of huge objects");
        _ = head.Take((9L * length) + offset, "sizes and counts");
        _width = head.U16("a table's width");
        _first = file.Length(head, "a block's size");
        long largest = file.Length(head, "a block's size");
        int bits = head.U16("a heap's size");
        _ = head.U16("rows");
        long root = file.Address(head, "a heap's first block");
        int rows = head.U16("rows");
        if (filters > 0 || _width == 0 || !IsPower(_first) || !IsPower(largest) || largest < _first || largest > int.MaxValue || bits is 0 or > 64 || rows > MaxRows)
        {
            throw head.Error(filters > 0 ? "expected a heap that is not packed, got a packed one" : "expected a heap of blocks whose sizes are powers of 2, got another");
        }

        _directRows = BitOperations.Log2((ulong)largest) - BitOperations.Log2((ulong)_first) + 2;
        _offsetWidth = (bits + 7) / 8;
        _lengthWidth = Math.Min(WidthOf(largest), WidthOf(mostManaged));
        if (root != Hdf5File.Undefined)
        {
            if (rows == 0)
            {
                _blocks.Add((0, _first, root));
            }
            else
            {
                Table(root, rows, 0, 0);
            }
        }
    }

    /// <summary>Bytes of an object's number.</summary>
    public int IdSize { get; }

    /// <summary>An object.</summary>
    /// <param name="id">Its number, as a tree's record has it.</param>
    /// <exception cref="GraftInputException">It is not in the heap.</exception>
    public ByteReader Object(ReadOnlyMemory<byte> id)
    {
        var reader = new ByteReader(id, _file.Shown, within: " of a heap's number");
        int head = reader.U8("a number");
        switch (head >> 4 & 3)
        {
            case 0:
                long at = Hdf5File.Unsigned(reader, _offsetWidth, "an object's place");
                return Managed(at, Hdf5File.Unsigned(reader, _lengthWidth, "an object's size"));
            case 1:
                return Huge(reader);
            case 2:
                int size = IdSize <= 18 ? (head & 15) + 1 : (((head & 15) << 8) | reader.U8("a size")) + 1;
                return reader.Part(size, "a small object");
            default:
                throw reader.Error($"expected an object within a heap, by itself or in its number, got kind {head >> 4 & 3}");
        }
    }

    // Blocks follow each other, so that their starts rise.
    private ByteReader Managed(long at, long length)
    {
        int low = 0, high = _blocks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _blocks[middle].Start <= at ? (middle + 1, high) : (low, middle);
        }

        (long start, long size, long address) = low > 0 ? _blocks[low - 1] : throw Outside(at);
        if (at - start > size || length < 0 || length > size - (at - start))
        {
            throw Outside(at);
        }

        if (!_read.TryGetValue(low, out ByteReader? block))
        {
            _read[low] = block = _file.Block(address, size, "a heap's block");
            if (!block.Take(4, "a signature").Span.SequenceEqual("FHDB"u8))
            {
                throw block.Error("expected a block of a heap, got something else");
            }

            _room += size;
        }

        _room = length <= _room ? _room - length : throw Outside(at);
        block.Back(block.Position);
        _ = block.Take(at - start, "a heap's block");
        return block.Part(length, "an object of a heap");
    }

    // By its address where the number has room for that and the size, otherwise by a number in a tree.
    private ByteReader Huge(ByteReader id)
    {
        if (IdSize - 1 >= _file.OffsetSize + _file.LengthSize)
        {
            long own = _file.Address(id, "a huge object's address");
            return Alone(own, _file.Length(id, "a huge object's size"));
        }

        if (_huge is null)
        {
            _huge = [];
            if (_hugeTree != Hdf5File.Undefined)
            {
                Hdf5RecordTree.Visit(_file, _hugeTree, HugeObjects, (record, _) =>
                {
                    (long, long) place = (_file.Address(record, "a huge object's address"), _file.Length(record, "a huge object's size"));
                    _huge[_file.Length(record, "a huge object's number")] = place;
                });
            }
        }

        long number = Hdf5File.Unsigned(id, Math.Min(_file.LengthSize, IdSize - 1), "a huge object's number");
        return _huge.TryGetValue(number, out (long Address, long Length) found)
            ? Alone(found.Address, found.Length)
            : throw _file.Error($"expected a huge object {number} in a heap, got none");
    }

    private ByteReader Alone(long address, long length) => _file.Block(address, length, "a huge object");

    // Rows of blocks: the first two of the smallest size, each further one of twice the size; those beyond the largest are tables themselves.
    private void Table(long address, int rows, long start, int depth)
    {
        if (depth > MaxRows)
        {
            throw _file.Error($"expected at most {MaxRows} tables of a heap in each other, got more");
        }

        int head = 5 + _file.OffsetSize + _offsetWidth;
        ByteReader table = _file.Block(address, head + ((long)rows * _width * _file.OffsetSize), "a heap's table");
        if (!table.Take(4, "a signature").Span.SequenceEqual("FHIB"u8))
        {
            throw table.Error("expected a heap's table, got something else");
        }

        _ = table.Take(head - 4, "a heap's table");
        for (int row = 0; row < rows; row++)
        {
            long size = row > 40 ? MaxBlock + 1 : _first << Math.Max(0, row - 1);
            if (size > MaxBlock || start > long.MaxValue / 2)
            {
                throw table.Error($"expected blocks of at most {MaxBlock} bytes, got a row {row}");
            }

            for (int i = 0; i < _width; i++, start += size)
            {
                long block = _file.Address(table, "a block's address");
                if (block == Hdf5File.Undefined)
                {
                    continue;
                }

                if (row < _directRows)
                {
                    _blocks.Add((start, size, block));
                }
                else
                {
                    Table(block, BitOperations.Log2((ulong)size) - BitOperations.Log2((ulong)(_first * _width)) + 1, start, depth + 1);
                }
            }
        }
    }

    private GraftInputException Outside(long at) => _file.Error($"expected objects that lie beside each other in a heap, got another at {at}");

    private static bool IsPower(long size) => size > 0 && size <= MaxBlock && BitOperations.IsPow2(size);

    private static int WidthOf(long most) => (BitOperations.Log2((ulong)Math.Max(1, most)) / 8) + 1;
}
