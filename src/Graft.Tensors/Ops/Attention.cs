using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Ops;
using Graft.Tensors.Random;
using Graft.Tensors.Threading;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>Scaled dot-product attention of all heads in one pass: softmax(Q Kᵀ / sqrt(D)) V for each head, this tensor being Q.</summary>
    /// <param name="key">K, shape [B, S, E].</param>
    /// <param name="value">V, shape [B, S, F].</param>
    /// <param name="heads">Heads side by side in the last axes; a divisor of E and F. D is E / heads.</param>
    /// <param name="lengths">Integers [B]: how many keys of each row count, at least the first. Left out: all.</param>
    /// <param name="dropout">Probability that a share becomes 0, the others being scaled up by 1 / (1 - p); in [0, 1).</param>
    /// <param name="stream">Says which: what falls on a share depends on the stream's key, index and the share's place in [B, heads, T, S] alone.</param>
    /// <returns>[B, T, F] for this tensor of shape [B, T, E].</returns>
    /// <exception cref="ShapeException">Sizes do not fit.</exception>
    /// <remarks>Queries, keys and values are read as they lie, as parts of one tensor too. Backward: see <see cref="AttentionBackward"/>. Keeps Q, K, V and the shares,
    /// [B, heads, T, S], where a gradient is needed; else memory does not grow with them.</remarks>
    public Tensor Attention(Tensor key, Tensor value, int heads, Tensor? lengths = null, float dropout = 0, in RandomStream stream = default) =>
        AttentionOperation.Apply(this, key, value, Check.AtLeast(1, heads), lengths, Check.Fraction(dropout), stream);
}

internal sealed unsafe class AttentionOperation : Operation
{
    private static readonly AttentionOperation Instance = new();

    public override string Name => "Attention";

    public static Tensor Apply(Tensor query, Tensor key, Tensor value, int heads, Tensor? lengths, float dropout, in RandomStream stream)
    {
        Node q = Lined(query), k = Lined(key), v = Lined(value);
        CheckShapes(q.Shape, k.Shape, v.Shape, heads);
        Node? counts = null;
        if (lengths is { } given)
        {
            counts = Operand.Integer(given, "Attention");
            if (counts.Shape.Rank != 1 || counts.Count != q.Shape[0])
            {
                throw new ShapeException("Attention", $"a length for each of {q.Shape[0]} rows", counts.Shape.ToString());
            }
        }

        Shape shape = q.Shape.With(2, v.Shape[2]);
        int life = counts?.Generation ?? 0;
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, q, k, v);
        Tape.RefuseOtherLife(counts, life);
        y.Extra = counts;
        y.I0 = heads;
        y.F0 = dropout;
        AttentionShape sizes = SizesOf(y);
        if (y.RequiresGrad)
        {
            Shape scores = [sizes.Rows, heads, sizes.Queries, sizes.Keys];
            y.Saved = Tape.Current.New(scores, scores.RowMajor(), null);
        }

        if (y.Count == 0)
        {
            return new Tensor(y);
        }

        if (sizes.Keys == 0)
        {
            new Span<float>(y.Data, y.Count).Clear();
            return new Tensor(y);
        }

        AttentionForward.Run(
            sizes, Of(q, q.Data, sizes.Depth), Of(k, k.Data, sizes.Depth), Of(v, v.Data, sizes.Width), Of(y, y.Data, sizes.Width), NormParts.Data(y.Saved), dropout, stream.State);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Node q = y.A!, k = y.B!, v = y.C!;
        AttentionGradients g = Read(y);
        bool addQ = q.RequiresGrad && q.BeginGrad(), addK = k.RequiresGrad && k.BeginGrad(), addV = v.RequiresGrad && v.BeginGrad();
        if (IsShared(q, k) || IsShared(q, v) || IsShared(k, v))
        {
            // One memory for several of them: each is added to what the others left.
            Begin(q, ref addQ);
            Begin(k, ref addK);
            Begin(v, ref addV);
        }

        g.Slots = 1;
        g.DResult = Of(y, y.Grad, g.Shape.Width);
        g.DQuery = q.RequiresGrad ? Of(q, q.Grad, g.Shape.Depth) : default;
        g.DKey = k.RequiresGrad ? Of(k, k.Grad, g.Shape.Depth) : default;
        g.DValue = v.RequiresGrad ? Of(v, v.Grad, g.Shape.Width) : default;
        (g.AddQuery, g.AddKey, g.AddValue) = (addQ, addK, addV);

        // Where places of one row or head are places of another as well, tasks must not add to them at the same time.
        using var alone = new SoloThread(!AreApart(q, k) || !AreApart(q, v) || !AreApart(k, v));
        Run(y, g);
    }

    public override bool BackwardSlots(Node y)
    {
        Node q = y.A!, k = y.B!, v = y.C!;
        if (!y.FitsSlotsOf(q) || !y.FitsSlotsOf(k) || !y.FitsSlotsOf(v) || IsShared(q, k) || IsShared(q, v) || IsShared(k, v))
        {
            return false;
        }

        AttentionGradients g = Read(y);
        g.Slots = y.SlotCount;
        g.DResult = Of(y, y.Slots, g.Shape.Width);
        g.DResultDistance = y.SlotDistance;
        if (q.RequiresGrad)
        {
            g.AddQuery = q.BeginGrads();
            g.DQuery = Of(q, q.Slots, g.Shape.Depth);
            g.DQueryDistance = q.SlotDistance;
        }

        if (k.RequiresGrad)
        {
            g.AddKey = k.BeginGrads();
            g.DKey = Of(k, k.Slots, g.Shape.Depth);
            g.DKeyDistance = k.SlotDistance;
        }

        if (v.RequiresGrad)
        {
            g.AddValue = v.BeginGrads();
            g.DValue = Of(v, v.Slots, g.Shape.Width);
            g.DValueDistance = v.SlotDistance;
        }

        Run(y, g);
        return true;
    }

    public override void Tangent(Node y)
    {
        Node q = y.A!, k = y.B!, v = y.C!;
        AttentionGradients g = Read(y);
        y.BeginGrad();
        g.DResult = Of(y, y.Grad, g.Shape.Width);
        g.DQuery = q.RequiresGrad ? Of(q, q.Grad, g.Shape.Depth) : default;
        g.DKey = k.RequiresGrad ? Of(k, k.Grad, g.Shape.Depth) : default;
        g.DValue = v.RequiresGrad ? Of(v, v.Grad, g.Shape.Width) : default;
        if (y.Count == 0)
        {
            return;
        }

        if (g.Shape.Keys == 0)
        {
            new Span<float>(y.Grad, y.Count).Clear();
            return;
        }

        AttentionTangent.Run(g);
    }

    // The last axis side by side; the others anyhow.
    private static Node Lined(Tensor x)
    {
        Node node = Operand.Float(x, "Attention");
        return node.Shape.Rank != 3 || node.Strides[2] == 1 || node.Shape[2] <= 1 ? node : x.Contiguous().Node;
    }

    /// <summary>Refuses sizes that do not fit each other.</summary>
    public static void CheckShapes(Shape query, Shape key, Shape value, int heads)
    {
        if (query.Rank != 3 || key.Rank != 3 || value.Rank != 3 || query[0] != key[0] || query[2] != key[2] || key[0] != value[0] || key[1] != value[1])
        {
            throw new ShapeException("Attention", "queries [B, T, E], keys [B, S, E] and values [B, S, V]", $"{query}, {key} and {value}");
        }

        if (query[2] % heads != 0 || value[2] % heads != 0)
        {
            throw new ShapeException("Attention", $"widths that {heads} heads divide", $"{query[2]} and {value[2]}");
        }
    }

    private static AttentionShape SizesOf(Node y)
    {
        Shape q = y.A!.Shape, v = y.C!.Shape;
        var sizes = new AttentionShape
        {
            Rows = q[0],
            Heads = y.I0,
            Queries = q[1],
            Keys = v[1],
            Depth = q[2] / y.I0,
            Width = v[2] / y.I0,
            Lengths = y.Extra is Node counts ? (int*)counts.Data : null,
        };
        sizes.Scale = 1 / MathF.Sqrt(Math.Max(1, sizes.Depth));
        sizes.Cut(Math.Max(AttentionShape.MostScores, AttentionShape.LeastQueries * sizes.Keys));
        return sizes;
    }

    private static HeadRows Of(Node node, float* data, int size) => new(data, node.Strides[0], node.Strides[1], size);

    private static AttentionGradients Read(Node y)
    {
        AttentionShape sizes = SizesOf(y);
        return new AttentionGradients
        {
            Shape = sizes,
            Query = Of(y.A!, y.A!.Data, sizes.Depth),
            Key = Of(y.B!, y.B!.Data, sizes.Depth),
            Value = Of(y.C!, y.C!.Data, sizes.Width),
            Kept = y.Saved!.Data,
            Factor = 1 / (1 - y.F0),
            HasDropout = y.F0 > 0,
        };
    }

    private static void Run(Node y, in AttentionGradients g)
    {
        if (y.Saved!.Count > 0 && y.Count > 0)
        {
            AttentionBackward.Run(g);
            return;
        }

        // No query or no key: nothing depends on anything.
        for (int slot = 0; slot < g.Slots; slot++)
        {
            Empty(y.A!, g.DQuery.Moved(slot * g.DQueryDistance), g.AddQuery);
            Empty(y.B!, g.DKey.Moved(slot * g.DKeyDistance), g.AddKey);
            Empty(y.C!, g.DValue.Moved(slot * g.DValueDistance), g.AddValue);
        }
    }

    private static void Empty(Node x, in HeadRows gradient, bool add)
    {
        for (int i = 0; !add && !gradient.IsAbsent && i < x.Shape[0] * x.Shape[1]; i++)
        {
            new Span<float>(gradient.At(i / x.Shape[1], 0, i % x.Shape[1]), x.Shape[2]).Clear();
        }
    }

    private static bool IsShared(Node a, Node b) => a.RequiresGrad && b.RequiresGrad && a.Root == b.Root;

    // Whether gradients of a head in a row touch those of other heads and rows nowhere: both are the same view, or columns of the same steps beside each other.
    private static bool AreApart(Node a, Node b)
    {
        if (!IsShared(a, b))
        {
            return true;
        }

        if (a.Strides[0] != b.Strides[0] || a.Strides[1] != b.Strides[1])
        {
            return false;
        }

        (Node low, Node high) = a.Data <= b.Data ? (a, b) : (b, a);
        long shift = high.Data - low.Data;
        return shift == 0 ? a.Shape == b.Shape : shift >= low.Shape[2] && shift + high.Shape[2] <= a.Strides[1];
    }

    private static void Begin(Node x, ref bool add)
    {
        if (x.RequiresGrad && !add)
        {
            new Span<float>(x.Root.Grad, x.Root.Count).Clear();
            add = true;
        }
    }
}
