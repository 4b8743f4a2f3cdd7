using System.Runtime.CompilerServices;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Autograd;

/// <summary>What a thread computed since the last optimizer step, in order: the graph to differentiate and the memory to take back.</summary>
/// <remarks>
/// <para>Nobody disposes tensors. The optimizer's step ends the life of everything recorded since the step before, though not at once: the memory is
/// taken back when the next tensor is made, so that a loss can still be read after the step. Handles kept longer say that they are stale.</para>
/// <para>Loops that never step (inference) would let the tape grow: beyond a bound it lets go of what it holds, and the garbage collector decides what
/// nobody can reach.</para>
/// </remarks>
internal sealed unsafe class Tape
{
    private const long UnrecordedBound = 256L << 20;

    [ThreadStatic]
    private static Tape? t_current;

    private static readonly long RecordedBound = Math.Max(1L << 30, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 2);

    private readonly Stack<Node> _free = new();
    private readonly List<Node> _pruned = [];
    private Node[] _nodes = new Node[256];
    private int _count;
    private int _base;
    private int _spent;
    private long _order;
    private long _mark;
    private long _recordedBytes;
    private long _unrecordedBytes;

    private Node[] _reached = new Node[256];
    private long[] _orders = new long[256];

    /// <summary>This thread's tape.</summary>
    public static Tape Current => t_current ??= new Tape();

    /// <summary>How many nested scopes have switched recording off.</summary>
    public int Silenced { get; set; }

    public bool IsRecording => Silenced == 0;

    /// <summary>Tensors held at present.</summary>
    public int Count => _count;

    /// <summary>A new tensor of undefined content, recorded as the result of <paramref name="op"/> where a parent needs a gradient.</summary>
    public Node New(in Shape shape, in Dims strides, Operation? op, Node? a = null, Node? b = null, Node? c = null, ElementType type = ElementType.Float32)
    {
        Node node = Take(op, a, b, c);
        node.Shape = shape;
        node.Strides = strides;
        node.Type = type;
        node.Block = Pool.Rent(shape.Count);
        node.Data = node.Block.Data;
        Hold(node, node.Block.Bytes);
        return node;
    }

    /// <summary>A tensor that looks at the memory of another.</summary>
    public Node NewView(Node source, in Shape shape, in Dims strides, long offset, Operation op)
    {
        Node node = Take(op, source, null, null);
        node.Shape = shape;
        node.Strides = strides;
        node.Type = source.Type;
        node.SetRoot(source.Root);
        node.Data = source.Data + offset;
        Hold(node, 0);
        return node;
    }

    /// <summary>A tensor that lives until it is garbage, of undefined content, on no tape.</summary>
    public static Node NewPersistent(in Shape shape, in Dims strides, ElementType type = ElementType.Float32)
    {
        var node = new Node { Shape = shape, Strides = strides, Type = type, IsPersistent = true, Block = Pool.Rent(shape.Count) };
        node.Data = node.Block.Data;
        Pool.AddLoose(node.Block.Bytes);
        return node;
    }

    /// <summary>Says that everything held since the current scope began is done with. Taken back when the next tensor is made.</summary>
    public void EndStep() => _spent = _count;

    /// <summary>Begins a scope; what is made in it ends with it.</summary>
    /// <returns>Where the enclosing scope begins, for <see cref="EndScope"/>.</returns>
    public int BeginScope()
    {
        TakeBack();
        int outer = _base;
        _base = _spent = _count;
        return outer;
    }

    public void EndScope(int outer)
    {
        RecycleFrom(_base, _count);
        _count = _base;
        _base = outer;
        _spent = outer;
    }

    /// <summary>Propagates the gradient of a node to everything that it was computed from.</summary>
    /// <param name="root">Its gradient has been set.</param>
    public void Backward(Node root)
    {
        CheckAlive();
        Propagate(Reach(root));
    }

    /// <summary>Propagates a gradient of 1 from a node of one element to chosen leaves.</summary>
    /// <param name="root">Where to begin.</param>
    /// <param name="leaves">Where to end.</param>
    /// <param name="othersCollect">Whether the gradient goes to all other leaves as well.</param>
    public void Differentiate(Node root, ReadOnlySpan<Node> leaves, bool othersCollect)
    {
        CheckAlive();
        int n = Reach(root);
        try
        {
            if (!othersCollect)
            {
                Prune(n, leaves);
            }

            if (root.RequiresGrad)
            {
                bool add = root.BeginGrad();
                *root.Grad = (add ? *root.Grad : 0) + 1;
                Propagate(n);
            }
        }
        finally
        {
            foreach (Node node in _pruned)
            {
                node.RequiresGrad = true;
            }

            _pruned.Clear();
            Array.Clear(_reached, 0, n);
        }
    }

    private void CheckAlive()
    {
        if (_spent > _base)
        {
            throw new InvalidOperationException(
                "Backward: expected a graph of the current step, got one that an optimizer step has ended. Call Backward before Step.");
        }
    }

    private void Propagate(int n)
    {
        Silenced++;
        try
        {
            for (int i = n - 1; i >= 0; i--)
            {
                Node node = _reached[i];
                if (node.Op is null || !node.RequiresGrad)
                {
                    continue;
                }

                if (node.HasGrad)
                {
                    node.Op.Backward(node);
                }

                if (!node.IsView)
                {
                    node.ReleaseGrad();
                }
            }
        }
        finally
        {
            Silenced--;
            Array.Clear(_reached, 0, n);
        }
    }

    // Everything that does not lead to one of the leaves counts for a while as if it needed no gradient.
    private void Prune(int n, ReadOnlySpan<Node> leaves)
    {
        long leading = NextMark();
        foreach (Node leaf in leaves)
        {
            leaf.Mark = leading;
        }

        for (int i = 0; i < n; i++)
        {
            Node node = _reached[i];
            if (node.Mark == leading)
            {
                continue;
            }

            bool leads = Leads(node.A) || Leads(node.B) || Leads(node.C);
            for (int m = 0; m < node.MoreCount; m++)
            {
                leads |= Leads(node.More![m]);
            }

            if (leads)
            {
                node.Mark = leading;
            }
            else
            {
                node.RequiresGrad = false;
                _pruned.Add(node);
            }
        }

        bool Leads(Node? parent) => parent is not null && parent.RequiresGrad && parent.Mark == leading;
    }

    private long NextMark() => ++_mark + (Environment.CurrentManagedThreadId * (1L << 40));

    // Every node that root depends on and that needs a gradient, parents before children. No recursion: graphs may be deep.
    private int Reach(Node root)
    {
        long mark = NextMark();
        int n = 0, next = 0;
        Visit(root);
        while (next < n)
        {
            Node node = _reached[next++];
            Visit(node.A);
            Visit(node.B);
            Visit(node.C);
            for (int i = 0; i < node.MoreCount; i++)
            {
                Visit(node.More![i]);
            }
        }

        if (_orders.Length < n)
        {
            _orders = new long[_reached.Length];
        }

        for (int i = 0; i < n; i++)
        {
            _orders[i] = _reached[i].Order;
        }

        Array.Sort(_orders, _reached, 0, n);
        return n;

        void Visit(Node? node)
        {
            if (node is null || !node.RequiresGrad || node.Mark == mark)
            {
                return;
            }

            node.Mark = mark;
            if (n == _reached.Length)
            {
                Array.Resize(ref _reached, n * 2);
            }

            _reached[n++] = node;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Node Take(Operation? op, Node? a, Node? b, Node? c)
    {
        if (_spent > _base)
        {
            TakeBack();
        }

        if (!_free.TryPop(out Node? node))
        {
            node = new Node();
        }

        node.Order = ++_order;

        // Parents are kept even where no gradient is needed: they must not become garbage while a kernel reads them.
        node.A = a;
        node.B = b;
        node.C = c;
        if (Silenced == 0 && ((a is not null && a.RequiresGrad) || (b is not null && b.RequiresGrad) || (c is not null && c.RequiresGrad)))
        {
            node.RequiresGrad = true;
            node.Op = op;
        }

        return node;
    }

    /// <summary>Gives a node further parents; records it where one of them needs a gradient.</summary>
    public void AddParents(Node node, ReadOnlySpan<Node> parents, Operation op)
    {
        if (node.More is null || node.More.Length < parents.Length)
        {
            node.More = new Node[Math.Max(8, parents.Length)];
        }

        parents.CopyTo(node.More);
        node.MoreCount = parents.Length;
        Record(node, op);
    }

    /// <summary>Gives a node further parents; records it where one of them needs a gradient.</summary>
    public void AddParents(Node node, ReadOnlySpan<Tensor> parents, Operation op)
    {
        if (node.More is null || node.More.Length < parents.Length)
        {
            node.More = new Node[Math.Max(8, parents.Length)];
        }

        for (int i = 0; i < parents.Length; i++)
        {
            node.More[i] = parents[i].Node;
        }

        node.MoreCount = parents.Length;
        Record(node, op);
    }

    private void Record(Node node, Operation op)
    {
        for (int i = 0; i < node.MoreCount; i++)
        {
            if (Silenced == 0 && node.More![i].RequiresGrad)
            {
                node.RequiresGrad = true;
                node.Op = op;
            }
        }
    }

    private void Hold(Node node, long bytes)
    {
        if (_count == _nodes.Length)
        {
            Array.Resize(ref _nodes, _count * 2);
        }

        _nodes[_count++] = node;
        if (node.RequiresGrad)
        {
            _recordedBytes += bytes;
        }
        else
        {
            _unrecordedBytes += bytes;
        }

        if (_unrecordedBytes > UnrecordedBound || _recordedBytes > RecordedBound)
        {
            LetGo();
        }
    }

    private void TakeBack()
    {
        int spent = _spent;
        if (spent <= _base)
        {
            return;
        }

        RecycleFrom(_base, spent);
        int rest = _count - spent;
        Array.Copy(_nodes, spent, _nodes, _base, rest);
        Array.Clear(_nodes, _base + rest, _count - _base - rest);
        _count = _base + rest;
        _spent = _base;
        _recordedBytes = _unrecordedBytes = 0;
    }

    private void RecycleFrom(int from, int to)
    {
        for (int i = to - 1; i >= from; i--)
        {
            Node node = _nodes[i];
            node.Recycle();
            _free.Push(node);
            _nodes[i] = null!;
        }
    }

    // The newest node stays: it is being made. The others belong to whoever can still reach them.
    private void LetGo()
    {
        for (int i = _base; i < _count - 1; i++)
        {
            Node node = _nodes[i];
            if (node.Op is null)
            {
                node.A = node.B = node.C = null;
                node.MoreCount = 0;
                node.More = null;
            }

            _nodes[i] = null!;
        }

        _nodes[_base] = _nodes[_count - 1];
        if (_count - 1 > _base)
        {
            _nodes[_count - 1] = null!;
        }

        _count = _base + 1;
        _spent = _base;
        Pool.AddLoose(_recordedBytes + _unrecordedBytes);
        _recordedBytes = _unrecordedBytes = 0;
    }
}
