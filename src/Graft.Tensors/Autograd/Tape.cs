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
internal sealed unsafe partial class Tape
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

    /// <summary>Whoever is told of every op, or nobody.</summary>
    public Trace? Trace { get; set; }

    /// <summary>Creation order of the newest tensor.</summary>
    public long Order => _order;

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
        Hold(node, node.Bytes);
        return node;
    }

    /// <summary>A new tensor of undefined content that comes from numbers, not from tensors: no op has anything underway.</summary>
    public Node NewSource(in Shape shape, in Dims strides, ElementType type = ElementType.Float32)
    {
        Node node = New(shape, strides, null, type: type);
        Limit(node);
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

    /// <summary>Takes back what is done with, where a step has ended: operands from before it are refused then, whatever an op makes first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Settle()
    {
        if (_spent > _base)
        {
            TakeBack();
        }
    }

    /// <summary>Begins a scope; what is made in it ends with it.</summary>
    /// <returns>The enclosing scope, for <see cref="EndScope"/>.</returns>
    public Outside BeginScope()
    {
        TakeBack();
        var outside = new Outside(_base, _recordedBytes, _unrecordedBytes);
        _base = _spent = _count;
        return outside;
    }

    public void EndScope(in Outside outside)
    {
        RecycleFrom(_base, _count);
        _count = _base;
        _base = _spent = outside.Base;
        _recordedBytes = outside.RecordedBytes;
        _unrecordedBytes = outside.UnrecordedBytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Node Take(Operation? op, Node? a, Node? b, Node? c)
    {
        if (_spent > _base)
        {
            TakeBack();
            RefuseTakenBack(a);
            RefuseTakenBack(b);
            RefuseTakenBack(c);
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

        for (int i = 0; i < parents.Length; i++)
        {
            RefuseTakenBack(parents[i]);
        }

        parents.CopyTo(node.More);
        node.MoreCount = parents.Length;
        Record(node, op);
        Limit(node);
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
        Limit(node);
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

    // An operand from before the step: its handle was good until now, when its memory was taken back for what is being made.
    private static void RefuseTakenBack(Node? operand)
    {
        if (operand is not null && operand.Data == null && operand.Shape.Count > 0)
        {
            throw new InvalidOperationException(Tensor.TakenBack);
        }
    }

    /// <summary>The same for what an op reads without being computed from it.</summary>
    /// <param name="operand">An operand, or null.</param>
    /// <param name="generation">Its generation before the op made a tensor.</param>
    public static void RefuseOtherLife(Node? operand, int generation)
    {
        if (operand is not null && operand.Generation != generation)
        {
            throw new InvalidOperationException(Tensor.TakenBack);
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

        if (node.A is not null)
        {
            Limit(node);
        }
    }

    // Asked when an op makes its result, which then has its operands. What an op makes besides, from no tensor, parts no result from operands that are still to be read.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Limit(Node result)
    {
        if (_unrecordedBytes > UnrecordedBound || _recordedBytes > RecordedBound)
        {
            LetGo(result);
        }
    }

    /// <summary>Says that bytes of a tensor that is not recorded serve one that is: loops that record nothing are bounded without them.</summary>
    public void CountAsRecorded(long bytes)
    {
        _unrecordedBytes -= bytes;
        _recordedBytes += bytes;
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

    // The result that is being made stays. The others belong to whoever can still reach them.
    private void LetGo(Node result)
    {
        for (int i = _base; i < _count; i++)
        {
            Node node = _nodes[i];
            if (node.Op is null && node != result)
            {
                node.A = node.B = node.C = null;
                node.MoreCount = 0;
                node.More = null;
            }

            _nodes[i] = null!;
        }

        _nodes[_base] = result;
        _count = _base + 1;
        _spent = _base;
        Pool.AddLoose(_recordedBytes + _unrecordedBytes);
        _recordedBytes = _unrecordedBytes = 0;
    }

    /// <summary>What a scope finds when it begins: where the one around it does, and the bytes held.</summary>
    internal readonly record struct Outside(int Base, long RecordedBytes, long UnrecordedBytes);
}
