using System.Numerics;
using System.Runtime.CompilerServices;

namespace Graft.Data.Text;

/// <summary>Finds the tokens that begin at a place of a text, in time that their length bounds. Filled once, then only read.</summary>
/// <remarks>A tree of characters whose edges stand in one open-addressed table: 12 bytes an edge, half of the table free.</remarks>
internal sealed class TokenTrie
{
    private long[] _edges;          // parent * 65536 + character + 1; 0 is free
    private int[] _children;
    private int[] _values;          // of each node, -1 for none
    private int _nodes, _used;

    /// <param name="tokens">How many there are about.</param>
    public TokenTrie(int tokens)
    {
        _edges = new long[(int)BitOperations.RoundUpToPowerOf2((uint)Math.Clamp(6L * tokens, 16, 1 << 22))];
        _children = new int[_edges.Length];
        _values = new int[_edges.Length / 2];
        NewRoot();
    }

    /// <summary>Another tree beside those that there are; the first has root 0.</summary>
    public int NewRoot() => NewNode();

    public void Add(ReadOnlySpan<char> token, int value, int root = 0)
    {
        int node = root;
        foreach (char c in token)
        {
            int child = Next(node, c);
            if (child < 0)
            {
                child = NewNode();
                Insert(Key(node, c), child);
            }

            node = child;
        }

        _values[node] = value;
    }

    /// <summary>The node below another by a character; -1 where there is none.</summary>
    public int Next(int node, char c)
    {
        long key = Key(node, c);
        int mask = _edges.Length - 1;
        for (int slot = Slot(key, mask); _edges[slot] != 0; slot = (slot + 1) & mask)
        {
            if (_edges[slot] == key)
            {
                return _children[slot];
            }
        }

        return -1;
    }

    /// <summary>The value of the token that ends at a node; -1 where none does.</summary>
    public int Value(int node) => _values[node];

    /// <summary>The longest token at the beginning of a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="root">The tree.</param>
    /// <param name="length">Its length; 0 where there is none.</param>
    /// <returns>Its value; -1 where there is none.</returns>
    public int Longest(ReadOnlySpan<char> text, int root, out int length)
    {
        int value = -1, node = root;
        length = 0;
        for (int i = 0; i < text.Length; i++)
        {
            node = Next(node, text[i]);
            if (node < 0)
            {
                break;
            }

            if (_values[node] >= 0)
            {
                (value, length) = (_values[node], i + 1);
            }
        }

        return value;
    }

    private static long Key(int node, char c) => ((long)node << 16) + c + 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Slot(long key, int mask) => (int)((ulong)(key * unchecked((long)0x9E3779B97F4A7C15)) >> 32) & mask;

    private int NewNode()
    {
        if (_nodes == _values.Length)
        {
            Array.Resize(ref _values, _nodes * 2);
        }

        _values[_nodes] = -1;
        return _nodes++;
    }

    private void Insert(long key, int child)
    {
        if (++_used * 2 > _edges.Length)
        {
            (long[] edges, int[] children) = (_edges, _children);
            _edges = new long[edges.Length * 2];
            _children = new int[edges.Length * 2];
            for (int i = 0; i < edges.Length; i++)
            {
                if (edges[i] != 0)
                {
                    Place(edges[i], children[i]);
                }
            }
        }

        Place(key, child);
    }

    private void Place(long key, int child)
    {
        int mask = _edges.Length - 1;
        int slot = Slot(key, mask);
        while (_edges[slot] != 0)
        {
            slot = (slot + 1) & mask;
        }

        _edges[slot] = key;
        _children[slot] = child;
    }
}
