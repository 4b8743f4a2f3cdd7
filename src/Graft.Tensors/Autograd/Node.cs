using System.Runtime.CompilerServices;
using Graft.Tensors.Memory;

namespace Graft.Tensors.Autograd;

/// <summary>The body behind a <see cref="Tensor"/>: memory, layout, and how it came to be. Pooled; the generation tells its lives apart.</summary>
/// <remarks>
/// <para>A view shares the block of its <see cref="Root"/>, and its gradient is the same view of the root's gradient: views cost nothing in either
/// direction. Only a root owns a gradient.</para>
/// <para>A gradient has the memory layout of its tensor.</para>
/// </remarks>
internal sealed unsafe partial class Node
{
    public Block? Block;
    public float* Data;
    public Shape Shape;
    public Dims Strides;
    public ElementType Type;
    public int Generation = 1;

    /// <summary>Creation order on its thread: parents come before children.</summary>
    public long Order;
    public long Mark;
    public bool RequiresGrad;

    /// <summary>Whether it lives until it is garbage: parameters, data, whatever was kept.</summary>
    public bool IsPersistent;

    /// <summary>How often its memory was written to since it was made, counted at the root: the same number, the same values.</summary>
    public long Version => Root._version;

    public Operation? Op;
    public Node? A;
    public Node? B;
    public Node? C;
    public Node[]? More;
    public int MoreCount;

    // What an op keeps for its backward. Saved and Saved2 are made by the op itself: nobody else has a handle to them.
    public Node? Saved
    {
        get;
        set => field = Kept(value);
    }

    public Node? Saved2
    {
        get;
        set => field = Kept(value);
    }

    public float F0;
    public float F1;
    public int I0;
    public int I1;
    public Dims Ints;
    public object? Extra;

    private Node? _root;
    private Block? _gradBlock;
    private float* _grad;
    private bool _hasGrad;
    private float* _ownGrad;
    private bool _ownHasGrad;
    private bool _isLent;
    private long _version;

    // Its memory is part of what was recorded, though the node itself is not.
    private Node? Kept(Node? saved)
    {
        if (RequiresGrad && saved is { RequiresGrad: false })
        {
            Tape.Current.CountAsRecorded(saved.Bytes);
        }

        return saved;
    }

    public int Count => Shape.Count;

    /// <summary>What its numbers take; the block they lie in may be a little larger.</summary>
    public long Bytes => (long)Shape.Count * sizeof(float);

    /// <summary>Whether the value, or something that its op kept, was taken back before the end of the step.</summary>
    public bool IsTaken => (Data == null && Shape.Count > 0) || Saved is { IsTaken: true } || Saved2 is { IsTaken: true };

    public Node Root => _root ?? this;

    public bool IsView => _root is not null;

    public bool HasGrad => Root._hasGrad;

    /// <summary>The gradient of the first element; strides are those of the tensor. Only where <see cref="HasGrad"/>.</summary>
    public float* Grad
    {
        get
        {
            Node root = Root;
            return root._grad + (Data - root.Data);
        }
    }

    public bool IsLeaf => Op is null;

    /// <summary>Opens the gradient for writing.</summary>
    /// <returns>True: there is something, add to it. False: overwrite every element.</returns>
    public bool BeginGrad()
    {
        Node root = Root;
        if (root._hasGrad)
        {
            return true;
        }

        if (root._grad == null)
        {
            root._gradBlock = Pool.Rent(root.Count);
            root._grad = root._gradBlock.Data;
        }

        root._hasGrad = true;
        if (Count == root.Count)
        {
            return false;
        }

        new Span<float>(root._grad, root.Count).Clear();
        return true;
    }

    /// <summary>Says that its memory was written to after it was made. Whoever writes says so: what was computed from the old values is looked for by that.</summary>
    public void Wrote() => Root._version++;

    /// <summary>Makes another node's gradient, as it lies in memory, the gradient of this one, where this one has none and the other's memory is its own.</summary>
    /// <param name="other">Laid out like this; its gradient is not needed any more.</param>
    /// <returns>False: nothing was done.</returns>
    public bool TakeGradOf(Node other)
    {
        if (IsView || _isLent || _hasGrad || _grad != null || _slotMask != 0 || other.IsView || other._gradBlock is null || other._isAside || !SameLayout(other))
        {
            return false;
        }

        _gradBlock = other._gradBlock;
        _grad = other._grad;
        _hasGrad = true;
        other._gradBlock = null;
        other._grad = null;
        other._hasGrad = false;
        return true;
    }

    /// <summary>Lets the gradient live in memory that somebody else owns, laid out like the tensor.</summary>
    public void BindGrad(float* grad)
    {
        ReleaseGrad();
        _grad = grad;
    }

    /// <summary>Sets the gradient aside: until <see cref="TakeGradBack"/> new ones are collected in slots.</summary>
    public void LendGrad()
    {
        if (_isLent)
        {
            throw new InvalidOperationException($"Jacobian: expected each leaf once, got {Shape} twice.");
        }

        _isLent = true;
        _ownGrad = _grad;
        _ownHasGrad = _hasGrad;
        _grad = null;
        _hasGrad = false;
    }

    public void TakeGradBack()
    {
        if (_isLent)
        {
            EndSlots();
            _isLent = false;
            _grad = _ownGrad;
            _hasGrad = _ownHasGrad;
        }
    }

    /// <summary>Lets given numbers stand where the gradient is; after <see cref="LendGrad"/>.</summary>
    public void PlaceGrad(float* values)
    {
        _grad = values;
        _hasGrad = true;
    }

    /// <summary>Whether several gradients by it are being collected apart: differentiation ends here.</summary>
    public bool IsLent => _isLent;

    /// <summary>Says that there is no gradient; bound memory stays bound.</summary>
    public void ClearGrad() => Root._hasGrad = false;

    public void MarkGrad() => Root._hasGrad = true;

    /// <summary>Returns the gradient's own memory to the pool.</summary>
    public void ReleaseGrad()
    {
        _hasGrad = false;
        if (_gradBlock is not null)
        {
            _gradBlock.Release();
            _gradBlock = null;
            _grad = null;
        }
    }

    public void SetRoot(Node root)
    {
        _root = root;
        Block = root.Block;
        Block?.Use();
    }

    /// <summary>Ends the life of the value before the end of the step: every handle to it becomes stale.</summary>
    public void ReleaseValue()
    {
        Generation++;
        Block?.Release();
        Block = null;
        Data = null;
    }

    /// <summary>Ends this life: everything is released and every handle to it becomes stale.</summary>
    public void Recycle()
    {
        Generation++;
        ReleaseGrad();
        _grad = null;
        Block?.Release();
        Block = null;
        Data = null;
        _root = A = B = C = Saved = Saved2 = null;
        if (More is not null)
        {
            Array.Clear(More, 0, MoreCount);
            MoreCount = 0;
        }

        Op = null;
        Extra = null;
        _version++;
        RequiresGrad = false;
        IsPersistent = false;
    }

    /// <summary>Where an element lies.</summary>
    /// <param name="index">Its place in row-major order.</param>
    /// <returns>Elements from the first one on.</returns>
    public nint Offset(int index)
    {
        nint offset = 0;
        for (int i = Shape.Rank - 1; i >= 0; i--)
        {
            offset += (nint)(index % Shape.Sizes[i]) * Strides[i];
            index /= Shape.Sizes[i];
        }

        return offset;
    }

    /// <summary>Whether elements lie one after the other in row-major order.</summary>
    public bool IsContiguous
    {
        get
        {
            int stride = 1;
            for (int i = Shape.Rank - 1; i >= 0; i--)
            {
                int size = Shape.Sizes[i];
                if (size != 1 && Strides[i] != stride)
                {
                    return false;
                }

                stride *= size;
            }

            return true;
        }
    }

    /// <summary>Whether elements fill one piece of memory without holes or overlap, in any order of the axes.</summary>
    public bool IsDense
    {
        get
        {
            if (!IsView)
            {
                return true;
            }

            // The strides, sorted, must be the running products of their sizes.
            Span<int> order = stackalloc int[Shape.MaxRank];
            int n = 0;
            for (int i = 0; i < Shape.Rank; i++)
            {
                if (Shape.Sizes[i] == 1)
                {
                    continue;
                }

                int at = n++;
                while (at > 0 && Strides[order[at - 1]] > Strides[i])
                {
                    order[at] = order[at - 1];
                    at--;
                }

                order[at] = i;
            }

            int expected = 1;
            for (int i = 0; i < n; i++)
            {
                if (Strides[order[i]] != expected)
                {
                    return false;
                }

                expected *= Shape.Sizes[order[i]];
            }

            return true;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool SameLayout(Node other)
    {
        if (Shape.Rank != other.Shape.Rank)
        {
            return false;
        }

        for (int i = 0; i < Shape.Rank; i++)
        {
            if (Shape.Sizes[i] != other.Shape.Sizes[i] || (Strides[i] != other.Strides[i] && Shape.Sizes[i] != 1))
            {
                return false;
            }
        }

        return true;
    }
}
