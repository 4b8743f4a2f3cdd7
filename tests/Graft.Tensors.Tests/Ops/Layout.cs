namespace Graft.Tensors.Tests.Ops;

/// <summary>A leaf and the view of it that an op is given.</summary>
/// <param name="Base">The leaf that collects the gradient.</param>
/// <param name="View">What the op sees.</param>
/// <param name="Same">Takes the same view of another tensor.</param>
public sealed record Leaf(Tensor Base, Tensor View, Func<Tensor, Tensor> Same)
{
    /// <summary>The gradient in the order of the view; zeros where none arrived.</summary>
    public float[] Gradient() => Base.Grad is { } gradient ? Same(gradient).ToArray() : new float[View.Count];
}

/// <summary>A way to lay a tensor's elements out in memory.</summary>
public sealed class Layout
{
    private readonly Func<Shape, Shape> _base;
    private readonly Func<Tensor, Shape, Tensor> _view;

    private Layout(string name, Func<Shape, Shape> shapeOfBase, Func<Tensor, Shape, Tensor> view)
    {
        Name = name;
        _base = shapeOfBase;
        _view = view;
    }

    /// <summary>Plain, turned, stepped, cut out, channels last.</summary>
    public static Layout[] All { get; } =
    [
        new("row-major", s => s, (t, _) => t),
        new("axes turned round", Turned, (t, s) => t.Permute([.. Enumerable.Range(0, s.Rank).Reverse()])),
        new("every second of the last axis", s => s.Rank == 0 ? s : Sized(s, s.Rank - 1, n => (2 * n) + 1), (t, s) => s.Rank == 0 ? t : t.Slice(-1, 1, s[-1], 2)),
        new("cut out of the first axis", s => s.Rank == 0 ? s : Sized(s, 0, n => n + 3), (t, s) => s.Rank == 0 ? t : t.Slice(0, 2, s[0])),
        new("cut out of the last axis", s => s.Rank == 0 ? s : Sized(s, s.Rank - 1, n => n + 5), (t, s) => s.Rank == 0 ? t : t.Slice(-1, 3, s[-1])),
        new("channels last", LastOf, (t, s) => s.Rank < 3 ? t : t.Permute([0, s.Rank - 1, .. Enumerable.Range(1, s.Rank - 2)])),
    ];

    public string Name { get; }

    public Leaf Make(float[] values, int[] shape)
    {
        var target = Shape.Create(shape);
        Tensor leaf = Tensor.Variable(Tensor.Full(_base(target), 7.5f));
        Tensor view = _view(leaf, target);
        using (new Graft.Tensors.Autograd.NoGrad())
        {
            // Detached views write through to the leaf.
            _view(leaf, target).Detach().Assign(values);
        }

        return new Leaf(leaf, view, t => _view(t, target));
    }

    private static Shape Turned(Shape s)
    {
        int[] sizes = s.Sizes.ToArray();
        Array.Reverse(sizes);
        return Shape.Create(sizes);
    }

    private static Shape Sized(Shape s, int axis, Func<int, int> size)
    {
        int[] sizes = s.Sizes.ToArray();
        sizes[axis] = size(sizes[axis]);
        return Shape.Create(sizes);
    }

    private static Shape LastOf(Shape s) => s.Rank < 3 ? s : Shape.Create([s[0], .. s.Sizes[2..], s[1]]);
}

internal static class Taps
{
    public static T Tap<T>(this T it, Action<T> action)
    {
        action(it);
        return it;
    }
}
