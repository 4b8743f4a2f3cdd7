using System.Buffers;

namespace Graft.Data.Hdf5;

/// <summary>The chunks of an array: where they lie, and their numbers put together.</summary>
/// <remarks>A chunk may reach far over the array's edge, and lists may name one again and again. So there are bounds for each chunk and for all of them together: packed they
/// have at most the bytes of the file, unpacked 64 times those of the array and 3 MB.</remarks>
internal sealed class Hdf5Chunks
{
    private const int MaxWaste = 3 << 20;
    private const int MaxWork = 64;
    private const int Spare = 64;           // bytes of a chunk besides its numbers, such as a checksum

    private readonly List<(long Number, long Address, long Size, uint Mask)> _chunks = [];
    private readonly Hdf5File _file;
    private readonly Hdf5Dataset _array;
    private readonly Hdf5Layout _layout;
    private readonly long[] _grid;
    private readonly long[] _mostGrid;      // of the array at its largest; 1 along an axis without end
    private readonly int[] _order;          // of the axes in lists of chunks
    private readonly int _size;
    private readonly long _most;            // chunks
    private long _packed;                   // bytes of all chunks

    /// <exception cref="GraftInputException">The index is damaged.</exception>
    public Hdf5Chunks(Hdf5File file, Hdf5Dataset array, Hdf5Layout layout)
    {
        _file = file;
        _array = array;
        _layout = layout;
        if (layout.Chunk.Length != array.Sizes.Length || array.Sizes.Length == 0)
        {
            throw file.Error($"expected chunks of {array.Sizes.Length} axes, got {layout.Chunk.Length}");
        }

        long size = array.Type.Size, largest = Math.Min(MaxWaste + file.Bytes.Length, Array.MaxLength - Spare);
        foreach (int axis in layout.Chunk)
        {
            size = size * axis > largest ? throw file.Error($"expected chunks of at most {largest} bytes, got [{string.Join(", ", layout.Chunk)}]") : size * axis;
        }

        _size = (int)size;
        _grid = [.. array.Sizes.Select((s, i) => ((long)s + layout.Chunk[i] - 1) / layout.Chunk[i])];
        _most = Math.Min(_grid.Aggregate(1L, (a, b) => a * b), Math.Max(1, MaxWork * (((long)array.Count * array.Type.Size) + MaxWaste) / size));
        _mostGrid = [.. array.MostSizes.Select((s, i) => s == Hdf5File.Undefined ? 1 : ((s - 1) / layout.Chunk[i]) + 1)];
        int endless = Array.IndexOf(array.MostSizes, Hdf5File.Undefined);
        _order = [.. Enumerable.Range(0, _grid.Length).OrderBy(axis => axis == endless ? -1 : axis)];
        if (layout.Address == Hdf5File.Undefined)
        {
            return;
        }

        switch (layout.Index)
        {
            case Hdf5IndexKind.Tree:
                Tree(layout.Address, -1);
                break;
            case Hdf5IndexKind.Single:
                Add(0, layout.Address, layout.SingleSize == 0 ? _size : layout.SingleSize, layout.SingleMask);
                break;
            case Hdf5IndexKind.Implicit:
                long all = Hdf5ChunkList.Count(file, _mostGrid);
                _file.Bytes.Check(_file.PlaceOf(layout.Address), (long)Int128.Min((Int128)all * _size, long.MaxValue), "chunks");
                for (long i = 0; i < all; i++)
                {
                    if (OwnNumber(i) is var own and >= 0)
                    {
                        Add(own, layout.Address + (i * _size), _size, 0);
                    }
                }

                break;
            case Hdf5IndexKind.RecordTree:
                Recorded(layout.Filters is not null);
                break;
            case Hdf5IndexKind.FixedArray:
                Hdf5ChunkList.Fixed(file, layout.Address, Hdf5ChunkList.Count(file, _mostGrid), Listed);
                break;
            default:
                Hdf5ChunkList.Extensible(file, layout.Address, Listed);
                break;
        }
    }

    /// <summary>Reads every chunk to where its numbers belong; what no chunk covers is left alone.</summary>
    /// <exception cref="GraftInputException">A chunk is damaged.</exception>
    public void Read(Span<float> values)
    {
        long longest = _chunks.Count == 0 ? 0 : Math.Max(_chunks.Max(c => c.Size), _size + Spare);
        byte[] packed = ArrayPool<byte>.Shared.Rent((int)longest), unpacked = ArrayPool<byte>.Shared.Rent((int)longest);
        foreach ((long number, long address, long size, uint mask) in _chunks)
        {
            _file.Bytes.Read(_file.PlaceOf(address), packed.AsSpan(0, (int)size), "a chunk");
            byte[] numbers = _layout.Filters is { } filters && !(_layout.EdgesAreBare && IsAtEdge(number))
                ? filters.Unpack(packed, (int)size, unpacked, mask, _size)
                : size >= _size ? packed : throw _file.Error($"expected a chunk of {_size} bytes, got {size}");
            Place(numbers, number, values);
        }

        ArrayPool<byte>.Shared.Return(packed);
        ArrayPool<byte>.Shared.Return(unpacked);
    }

    private void Add(long number, long address, long size, uint mask)
    {
        if (_chunks.Count >= _most || size < 0 || size > Array.MaxLength)
        {
            throw _file.Error($"expected at most {_most} chunks of their size, got others");
        }

        if (address == Hdf5File.Undefined)
        {
            return;      // never written
        }

        _file.Bytes.Check(_file.PlaceOf(address), size, "a chunk");
        _packed += size;
        if (_packed > _file.Bytes.Length)
        {
            throw _file.Error("expected chunks that lie beside each other, got ones that overlap");
        }

        _chunks.Add((number, address, size, mask));
    }

    // Levels fall from the root to the leaves, so that a tree ends.
    private void Tree(long address, int level)
    {
        int rank = _layout.Chunk.Length, entry = 8 + (8 * (rank + 1)) + _file.OffsetSize;
        ByteReader head = _file.Block(address, 8 + (2 * _file.OffsetSize), "a tree of chunks");
        if (!head.Take(4, "a signature").Span.SequenceEqual("TREE"u8) || head.U8("a tree's kind") != 1)
        {
            throw head.Error("expected a tree of chunks, got something else");
        }

        int own = head.U8("a tree's level"), count = head.U16("entries");
        if (level >= 0 && own != level - 1)
        {
            throw head.Error($"expected a node of level {level - 1}, got {own}");
        }

        ByteReader entries = _file.Block(address + 8 + (2 * _file.OffsetSize), (long)count * entry, "a tree of chunks");
        for (int i = 0; i < count; i++)
        {
            long size = entries.U32("a chunk's size");
            uint mask = entries.U32("a chunk's filters");
            long number = 0;
            bool isInside = true;
            for (int axis = 0; axis < rank; axis++)
            {
                long at = Hdf5File.Unsigned(entries, 8, "a chunk's place") / _layout.Chunk[axis];
                isInside &= at >= 0 && at < _grid[axis];
                number = isInside ? (number * _grid[axis]) + at : 0;
            }

            _ = entries.Take(8, "a chunk's place");
            long child = _file.Address(entries, "a chunk's address");
            if (own > 0)
            {
                Tree(child, own);
            }
            else if (isInside)      // an array that was cut may have kept chunks outside
            {
                Add(number, child, size, mask);
            }
        }
    }

    // A chunk's entry in a list: where it is, and, if packed, its bytes and what it was not packed with. Numbers count the chunks of the array at its largest.
    private void Listed(long number, ByteReader entry, int width, bool isPacked)
    {
        long address = _file.Address(entry, "a chunk's address");
        long size = isPacked ? Hdf5File.Unsigned(entry, width - _file.OffsetSize - 4, "a chunk's size") : _size;
        uint mask = isPacked ? entry.U32("a chunk's filters") : 0;
        if (OwnNumber(number) is var own and >= 0)
        {
            Add(own, address, size, mask);
        }
    }

    // The axis that may grow without end, if there is one, counts as the outermost.
    private long OwnNumber(long number)
    {
        Span<long> place = stackalloc long[_mostGrid.Length];
        for (int i = place.Length - 1; i >= 0; i--)
        {
            int axis = _order[i];
            (number, place[axis]) = i == 0 ? (0, number) : Math.DivRem(number, _mostGrid[axis]);
            if (place[axis] >= _grid[axis])
            {
                return -1;      // an array that was cut may have kept chunks outside
            }
        }

        long own = 0;
        for (int axis = 0; axis < _grid.Length; axis++)
        {
            own = (own * _grid[axis]) + place[axis];
        }

        return own;
    }

    private void Recorded(bool isPacked)
    {
        Hdf5RecordTree.Visit(_file, _layout.Address, isPacked ? 11 : 10, (record, size) =>
        {
            int width = size - (8 * _grid.Length), sizeWidth = width - _file.OffsetSize - 4;
            if (isPacked ? sizeWidth is < 1 or > 8 : width != _file.OffsetSize)
            {
                throw record.Error($"expected records of chunks of {_grid.Length} axes, got ones of {size} bytes");
            }

            long address = _file.Address(record, "a chunk's address");
            long bytes = isPacked ? Hdf5File.Unsigned(record, sizeWidth, "a chunk's size") : _size;
            uint mask = isPacked ? record.U32("a chunk's filters") : 0;
            long number = 0;
            for (int axis = 0; axis < _grid.Length; axis++)
            {
                long at = Hdf5File.Unsigned(record, 8, "a chunk's place");
                number = number >= 0 && at >= 0 && at < _grid[axis] ? (number * _grid[axis]) + at : -1;
            }

            if (number >= 0)
            {
                Add(number, address, bytes, mask);
            }
        });
    }

    private bool IsAtEdge(long number)
    {
        for (int axis = _grid.Length - 1; axis >= 0; number /= _grid[axis], axis--)
        {
            if (((number % _grid[axis]) + 1) * _layout.Chunk[axis] > _array.Sizes[axis])
            {
                return true;
            }
        }

        return false;
    }

    // Row by row along the last axis, cut off at the array's edge.
    private void Place(ReadOnlySpan<byte> chunk, long number, Span<float> values)
    {
        int[] sizes = _array.Sizes, shape = _layout.Chunk;
        int rank = sizes.Length, width = _array.Type.Size;
        Span<long> start = stackalloc long[rank];
        for (int axis = rank - 1; axis >= 0; number /= _grid[axis], axis--)
        {
            start[axis] = number % _grid[axis] * shape[axis];
        }

        int run = (int)Math.Min(shape[^1], sizes[^1] - start[^1]);
        Span<int> place = stackalloc int[rank];
        place.Clear();
        while (true)
        {
            long from = 0, to = 0;
            for (int axis = 0; axis < rank; axis++)
            {
                from = (from * shape[axis]) + place[axis];
                to = (to * sizes[axis]) + start[axis] + place[axis];
            }

            NumberBytes.Read(_array.Type.Numbers, chunk[(int)(from * width)..], values.Slice((int)to, run), _array.Type.IsBigEndian);
            int next = rank - 2;
            for (; next >= 0; next--)
            {
                if (++place[next] < shape[next] && start[next] + place[next] < sizes[next])
                {
                    break;
                }

                place[next] = 0;
            }

            if (next < 0)
            {
                return;
            }
        }
    }
}
