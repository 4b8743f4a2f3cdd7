using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Graft.Tensors.Autograd;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

/// <summary>A dense array of numbers with up to 8 axes, and how it was computed.</summary>
/// <remarks>
/// <para>A tensor is a small handle. Nobody disposes it: what was computed since the last optimizer step is taken back after the next one, and a handle
/// kept longer says so when it is used; <see cref="Keep"/> makes a copy that stays. Tensors made from numbers stay as long as they are referenced.</para>
/// <para>Views (<see cref="Transpose(int, int)"/>, <see cref="Slice"/>, <see cref="Reshape"/> where it can) share memory. Pictures have the shape
/// [B, C, H, W] and lie channels last in memory; the shape is what counts, the layout is found out.</para>
/// </remarks>
public readonly unsafe partial struct Tensor
{
    internal const string TakenBack =
        "Tensor: expected a live tensor, got one whose memory was taken back after an optimizer step, at the end of a scope, by a Backward with keepsGraph: false or on the way through a network in use. Use Keep() for what is read later.";

    private readonly Node? _node;
    private readonly int _generation;

    internal Tensor(Node node)
    {
        _node = node;
        _generation = node.Generation;
    }

    /// <summary>The scalar 0, which needs no gradient.</summary>
    public static Tensor Zero { get; } = From([0f], []);

    /// <summary>The sizes of the axes.</summary>
    public Shape Shape => Node.Shape;

    /// <summary>Number of axes.</summary>
    public int Rank => Node.Shape.Rank;

    /// <summary>Number of elements.</summary>
    public int Count => Node.Shape.Count;

    /// <summary>Whether elements are floating point numbers or integers.</summary>
    public ElementType ElementType => Node.Type;

    /// <summary>Whether a gradient flows to this tensor.</summary>
    public bool RequiresGrad => Node.RequiresGrad;

    /// <summary>Whether this handle was never given a tensor.</summary>
    public bool IsDefault => _node is null;

    /// <summary>Whether the memory behind this handle was taken back.</summary>
    public bool IsStale => _node is not null && _node.Generation != _generation;

    /// <summary>A number that changes whenever the values are overwritten where they lie: by <see cref="Assign"/>, an optimizer, a batch normalization that learns.</summary>
    internal long Version => Node.Version;

    internal Node Node
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get
        {
            Node? node = _node;
            if (node is null || node.Generation != _generation)
            {
                ThrowUnusable();
            }

            return node!;
        }
    }

    /// <summary>The gradient of a tensor made with <see cref="Variable(Tensor)"/>, or null where none has arrived.</summary>
    /// <value>Same shape; shares the gradient's memory.</value>
    public Tensor? Grad => Node.Root is { HasGrad: true, IsLeaf: true } ? GradView(Node) : null;

    /// <summary>Makes a tensor from numbers in row-major order. It stays as long as it is referenced.</summary>
    /// <param name="values">As many numbers as the shape has elements; copied.</param>
    /// <param name="shape">The sizes of the axes.</param>
    /// <exception cref="ShapeException">The count does not fit the shape.</exception>
    public static Tensor From(ReadOnlySpan<float> values, Shape shape)
    {
        CheckCount(values.Length, shape);
        Node node = Tape.NewPersistent(shape, shape.RowMajor());
        values.CopyTo(new Span<float>(node.Data, shape.Count));
        return new Tensor(node);
    }

    /// <summary>Makes a tensor of integers in row-major order. It stays as long as it is referenced.</summary>
    /// <param name="values">As many integers as the shape has elements; copied.</param>
    /// <param name="shape">The sizes of the axes.</param>
    /// <exception cref="ShapeException">The count does not fit the shape.</exception>
    public static Tensor From(ReadOnlySpan<int> values, Shape shape)
    {
        CheckCount(values.Length, shape);
        Node node = Tape.NewPersistent(shape, shape.RowMajor(), ElementType.Int32);
        values.CopyTo(new Span<int>(node.Data, shape.Count));
        return new Tensor(node);
    }

    /// <summary>A scalar. It stays as long as it is referenced.</summary>
    public static Tensor Scalar(float value) => From([value], []);

    /// <summary>A tensor of one value, made for the current step.</summary>
    public static Tensor Full(Shape shape, float value)
    {
        Node node = Tape.Current.NewSource(shape, shape.RowMajor());
        new Span<float>(node.Data, shape.Count).Fill(value);
        return new Tensor(node);
    }

    /// <summary>A tensor of zeros, made for the current step.</summary>
    public static Tensor Zeros(Shape shape) => Full(shape, 0);

    /// <summary>A tensor of ones, made for the current step.</summary>
    public static Tensor Ones(Shape shape) => Full(shape, 1);

    /// <summary>Numbers for the current step only, in row-major order: what a loader uses for each batch.</summary>
    /// <param name="values">As many numbers as the shape has elements; copied.</param>
    /// <param name="shape">The sizes of the axes.</param>
    /// <exception cref="ShapeException">The count does not fit the shape.</exception>
    public static Tensor ForStep(ReadOnlySpan<float> values, Shape shape)
    {
        CheckCount(values.Length, shape);
        Node node = Tape.Current.NewSource(shape, shape.RowMajor());
        values.CopyTo(new Span<float>(node.Data, shape.Count));
        return new Tensor(node);
    }

    /// <summary>Numbers for the current step only, which the caller writes: all of them, at once.</summary>
    /// <param name="shape">The shape; four axes [B, C, H, W] where channels lie last.</param>
    /// <param name="channelsLast">Whether the order in memory is [B, H, W, C], not row-major.</param>
    /// <param name="values">The memory, to be written before the tensor is used.</param>
    internal static Tensor ForStep(Shape shape, bool channelsLast, out Span<float> values)
    {
        Node node = Tape.Current.NewSource(shape, channelsLast ? shape.ChannelsLast() : shape.RowMajor());
        values = new Span<float>(node.Data, shape.Count);
        return new Tensor(node);
    }

    /// <summary>Integers for the current step only, in row-major order.</summary>
    /// <param name="values">As many integers as the shape has elements; copied.</param>
    /// <param name="shape">The sizes of the axes.</param>
    /// <exception cref="ShapeException">The count does not fit the shape.</exception>
    public static Tensor ForStep(ReadOnlySpan<int> values, Shape shape)
    {
        CheckCount(values.Length, shape);
        Node node = Tape.Current.NewSource(shape, shape.RowMajor(), ElementType.Int32);
        values.CopyTo(new Span<int>(node.Data, shape.Count));
        return new Tensor(node);
    }

    /// <summary>Pictures for the current step only, given channels last.</summary>
    /// <param name="values">Order [B, H, W, C]; as many numbers as the shape has elements; copied.</param>
    /// <param name="shape">The shape [B, C, H, W] that the tensor gets.</param>
    /// <exception cref="ShapeException">The count does not fit the shape.</exception>
    public static Tensor ForStepChannelsLast(ReadOnlySpan<float> values, Shape shape)
    {
        CheckCount(values.Length, shape);
        Node node = Tape.Current.NewSource(shape, shape.ChannelsLast());
        values.CopyTo(new Span<float>(node.Data, shape.Count));
        return new Tensor(node);
    }

    /// <summary>A copy of a tensor's values that collects a gradient: a leaf of the graph.</summary>
    /// <param name="values">Any float tensor.</param>
    public static Tensor Variable(Tensor values)
    {
        Tensor kept = values.Keep();
        Operand.InPlace(kept, "Variable").RequiresGrad = true;
        return kept;
    }

    /// <summary>A copy of the values that stays as long as it is referenced and needs no gradient.</summary>
    public Tensor Keep()
    {
        Node source = Node;
        Dims strides = source.IsDense ? source.Strides : source.Shape.RowMajor();
        Node node = Tape.NewPersistent(source.Shape, strides, source.Type);
        Copy.Run(source, node.Data, node.Strides, accumulate: false);
        Tape.Current.Trace?.Note("Copy", node, [source]);
        return new Tensor(node);
    }

    /// <summary>The same values without their history: no gradient flows through. Shares memory.</summary>
    public Tensor Detach()
    {
        using var silence = new NoGrad();
        return Told("Copy", View(Node, Node.Shape, Node.Strides, 0));
    }

    /// <summary>The only element, of a tensor that has one.</summary>
    /// <exception cref="ShapeException">There is not exactly one element.</exception>
    public float Item()
    {
        Node node = Node;
        if (node.Count != 1)
        {
            throw new ShapeException("Item", "one element", node.Shape.ToString());
        }

        float value = node.Type == ElementType.Float32 ? *node.Data : *(int*)node.Data;
        GC.KeepAlive(node);
        return value;
    }

    /// <summary>The elements in row-major order, copied.</summary>
    public float[] ToArray()
    {
        var values = new float[Count];
        CopyTo(values);
        return values;
    }

    /// <summary>The elements of an integer tensor in row-major order, copied.</summary>
    /// <exception cref="InvalidOperationException">The tensor holds floating point numbers.</exception>
    public int[] ToIntArray()
    {
        if (Node.Type != ElementType.Int32)
        {
            throw new InvalidOperationException("ToIntArray: expected a tensor of integers, got one of floating point numbers.");
        }

        var values = new int[Count];
        fixed (int* to = values)
        {
            Copy.Run(Node, (float*)to, Node.Shape.RowMajor(), accumulate: false);
        }

        return values;
    }

    /// <summary>Copies the elements in row-major order.</summary>
    /// <param name="destination">At least as long as there are elements. Integers arrive as numbers.</param>
    /// <exception cref="ArgumentException">The destination is too short.</exception>
    public void CopyTo(Span<float> destination)
    {
        Node node = Node;
        if (destination.Length < node.Count)
        {
            throw new ArgumentException($"CopyTo: expected room for {node.Count} elements, got {destination.Length}.", nameof(destination));
        }

        fixed (float* to = destination)
        {
            Copy.Run(node, to, node.Shape.RowMajor(), accumulate: false);
            if (node.Type == ElementType.Int32)
            {
                for (int i = 0; i < node.Count; i++)
                {
                    to[i] = *(int*)(to + i);
                }
            }
        }

        GC.KeepAlive(node);
    }

    /// <summary>Overwrites the elements in row-major order; nothing is recorded. For weights and other kept tensors.</summary>
    /// <param name="values">As many numbers as there are elements.</param>
    /// <exception cref="ShapeException">The count differs, or the elements are integers.</exception>
    public void Assign(ReadOnlySpan<float> values)
    {
        Node node = Operand.InPlace(this, "Assign");
        CheckCount(values.Length, node.Shape);
        fixed (float* from = values)
        {
            Copy.Run(from, node.Shape, node.Shape.RowMajor(), node.Data, node.Strides, accumulate: false);
        }

        node.Wrote();
        GC.KeepAlive(node);
    }

    /// <summary>Overwrites the elements by what is written into a span of zeros, in row-major order.</summary>
    /// <param name="write">Gets the span.</param>
    internal void Fill(Action<Span<float>> write)
    {
        Placing.Fill(Node, write);
        Node.Wrote();
        GC.KeepAlive(Node);
    }

    /// <summary>Overwrites the elements by what a reader writes, in row-major order: straight into their memory where they lie so.</summary>
    /// <param name="read">Fills a span with the elements from a place on; places rise.</param>
    /// <param name="lend">Shows the same elements where they lie; null where they have to be copied.</param>
    internal void Fill(Action<long, Span<float>> read, NumberLender? lend = null)
    {
        Node node = Node;
        try
        {
            Placing.Fill(node, read, lend);
        }
        finally
        {
            node.Wrote();
        }

        GC.KeepAlive(node);
    }

    /// <summary>Adds this tensor's derivatives to the gradients of everything it was computed from.</summary>
    /// <param name="gradient">The gradient to start from, of this tensor's shape; absent: 1, for a tensor of one element.</param>
    /// <param name="keepsGraph">Whether what it was computed from can be read, and differentiated again, until the optimizer's step. Otherwise values of more than 256 KiB on
    /// the way are taken back as soon as they were used, which lowers the peak of memory: handles to them say so, this tensor and small ones stay.</param>
    /// <exception cref="ShapeException">There is more than one element and no gradient was given, or its shape differs.</exception>
    /// <exception cref="InvalidOperationException">Nothing it was computed from needs a gradient, or an earlier call has taken values back.</exception>
    public void Backward(Tensor? gradient = null, bool keepsGraph = true)
    {
        Node node = Node;
        if (!node.RequiresGrad)
        {
            throw new InvalidOperationException("Backward: expected a tensor computed from parameters while recording, got one that needs no gradient.");
        }

        if (gradient is null && node.Count != 1)
        {
            throw new ShapeException("Backward", "one element or a gradient to start from", node.Shape.ToString());
        }

        if (gradient is { } given && given.Shape != node.Shape)
        {
            throw new ShapeException("Backward", $"a gradient of shape {node.Shape}", given.Shape.ToString());
        }

        Tape.RefuseTaken(node);
        Node? start = gradient is { } numbers ? Operand.InPlace(numbers, "Backward") : null;
        bool add = node.BeginGrad();
        if (start is not null)
        {
            Copy.Run(start, node.Grad, node.Strides, add);
        }
        else
        {
            *node.Grad = (add ? *node.Grad : 0) + 1;
        }

        Tape.Current.Backward(node, keepsGraph);
    }

    /// <summary>Says whether a kept leaf collects a gradient.</summary>
    internal void SetRequiresGrad(bool requires) => Node.RequiresGrad = requires;

    /// <summary>Says that the values were overwritten where they lie.</summary>
    internal void Wrote() => Node.Wrote();

    /// <summary>Forgets the gradient that has arrived at this tensor.</summary>
    public void ClearGrad() => Node.ClearGrad();

    /// <summary>Shape and the first values, for people.</summary>
    public override string ToString()
    {
        if (_node is null)
        {
            return "Tensor(none)";
        }

        if (IsStale)
        {
            return "Tensor(taken back)";
        }

        // Read where they lie: after a step even a view would take back what the step has ended, this tensor included.
        Node node = Node;
        var text = new StringBuilder("Tensor").Append(Shape).Append(' ');
        for (int i = 0; i < Math.Min(8, Count); i++)
        {
            float* at = node.Data + node.Offset(i);
            text.Append(i == 0 ? "" : ", ").Append((node.Type == ElementType.Float32 ? *at : *(int*)at).ToString("G5", CultureInfo.InvariantCulture));
        }

        GC.KeepAlive(node);
        return text.Append(Count > 8 ? ", ..." : "").ToString();
    }

    private static void CheckCount(int count, in Shape shape)
    {
        if (count != shape.Count)
        {
            throw new ShapeException("Tensor", $"{shape.Count} values for shape {shape}", count.ToString(CultureInfo.InvariantCulture));
        }
    }

    private static Tensor GradView(Node node)
    {
        var view = new Node
        {
            Shape = node.Shape,
            Strides = node.Strides,
            Data = node.Grad,
            IsPersistent = true,
            Saved = node.Root,
        };
        return new Tensor(view);
    }

    private void ThrowUnusable() => throw new InvalidOperationException(_node is null
        ? "Tensor: expected a tensor, got an empty handle (default)."
        : TakenBack);
}
