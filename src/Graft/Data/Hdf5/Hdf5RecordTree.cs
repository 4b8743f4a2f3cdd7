using System.Numerics;

namespace Graft.Data.Hdf5;

/// <summary>Reads trees of version 2: records of equal size, some in the nodes on the way to the leaves.</summary>
/// <remarks>
/// <para>A node holds its records first, then for each child its address, its number of records and, above the lowest two levels, that of all below it. How wide those
/// numbers are follows from how many records a node of the given size can hold.</para>
/// <para>Levels fall from the root to the leaves, and every node is charged to the file, so that a tree ends.</para>
/// </remarks>
internal sealed class Hdf5RecordTree
{
    private const int MaxDepth = 16;
    private const int NodeFrame = 10;      // signature, version, kind and checksum

    private readonly Hdf5File _file;
    private readonly int _kind;
    private readonly int _recordSize;
    private readonly long[] _most;         // records in a node of each level, 0 for leaves
    private readonly int[] _pointer;       // bytes of a child's entry in a node of each level
    private readonly int _countWidth;
    private readonly Action<ByteReader, int> _visit;

    private Hdf5RecordTree(Hdf5File file, int kind, int recordSize, long nodeSize, int depth, Action<ByteReader, int> visit)
    {
        _file = file;
        _kind = kind;
        _recordSize = recordSize;
        _visit = visit;
        _most = new long[depth + 1];
        _pointer = new int[depth + 1];
        _most[0] = (nodeSize - NodeFrame) / recordSize;
        _countWidth = WidthOf(_most[0]);
        long all = _most[0];
        for (int level = 1; level <= depth; level++)
        {
            _pointer[level] = file.OffsetSize + _countWidth + (level > 1 ? WidthOf(all) : 0);
            _most[level] = (nodeSize - NodeFrame - _pointer[level]) / (recordSize + _pointer[level]);
            all = (long)Int128.Min((((Int128)_most[level] + 1) * all) + _most[level], long.MaxValue >> 1);
        }
    }

    /// <summary>Goes over all records.</summary>
    /// <param name="file">The file.</param>
    /// <param name="address">Of the tree's header.</param>
    /// <param name="kind">What its records are, as the format numbers them.</param>
    /// <param name="visit">Gets the reader at a record, and the record's size; reads no further than that.</param>
    /// <exception cref="GraftInputException">The tree is damaged, or of another kind.</exception>
    public static void Visit(Hdf5File file, long address, int kind, Action<ByteReader, int> visit)
    {
        ByteReader head = file.Block(address, 18 + file.OffsetSize + file.LengthSize, "a tree of records");
        if (!head.Take(4, "a signature").Span.SequenceEqual("BTHD"u8) || head.U8("a version") != 0 || head.U8("a tree's kind") != kind)
        {
            throw head.Error($"expected a tree of records of kind {kind}, got something else");
        }

        long nodeSize = head.U32("a node's size");
        int recordSize = head.U16("a record's size"), depth = head.U16("a tree's depth");
        _ = head.Take(2, "shares");
        long root = file.Address(head, "a node's address");
        int count = head.U16("a number of records");
        if (recordSize == 0 || depth > MaxDepth || nodeSize < NodeFrame + recordSize)
        {
            throw head.Error($"expected a tree of at most {MaxDepth} levels in nodes that hold a record, got {depth} levels, nodes of {nodeSize} bytes and records of {recordSize}");
        }

        if (root != Hdf5File.Undefined)
        {
            new Hdf5RecordTree(file, kind, recordSize, nodeSize, depth, visit).Node(root, count, depth);
        }
    }

    private void Node(long address, long count, int level)
    {
        if (count > _most[level])
        {
            throw _file.Error($"expected a node of at most {_most[level]} records, got {count}");
        }

        ByteReader node = _file.Block(address, 6 + (count * _recordSize) + (level > 0 ? (count + 1) * _pointer[level] : 0), "a node of records");
        if (!node.Take(4, "a signature").Span.SequenceEqual(level > 0 ? "BTIN"u8 : "BTLF"u8) || node.U8("a version") != 0 || node.U8("a node's kind") != _kind)
        {
            throw node.Error("expected a node of records, got something else");
        }

        for (long i = 0; i < count; i++)
        {
            int end = node.Position + _recordSize;
            _visit(node, _recordSize);
            _ = node.Take(end - node.Position, "a record");
        }

        for (long i = 0; level > 0 && i <= count; i++)
        {
            long child = _file.Address(node, "a child's address"), records = Hdf5File.Unsigned(node, _countWidth, "a number of records");
            _ = node.Take(_pointer[level] - _file.OffsetSize - _countWidth, "a number of all records");
            Node(child, records, level - 1);
        }
    }

    // Bytes that numbers up to this one need.
    private static int WidthOf(long most) => (BitOperations.Log2((ulong)Math.Max(1, most)) / 8) + 1;
}
