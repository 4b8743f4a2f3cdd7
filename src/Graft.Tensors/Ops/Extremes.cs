using Graft.Tensors.Autograd;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>The greatest element over axes; NaN where there is one.</summary>
    /// <param name="axes">Which axes; none: all.</param>
    /// <returns>The shape without those axes.</returns>
    /// <remarks>Backward: dy shared equally by all elements that are the greatest.</remarks>
    public Tensor Max(params ReadOnlySpan<int> axes) => Max(keepAxes: false, axes);

    /// <summary>The greatest element over axes; NaN where there is one.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Which axes; none: all.</param>
    public Tensor Max(bool keepAxes, params ReadOnlySpan<int> axes)
    {
        Node x = Operand.Float(this, "Max");
        var reduced = new Axes(x.Shape, axes);
        return reduced.Shaped(reduced.Apply<MaxReducer>(x, ExtremeOperation.Instance), keepAxes);
    }

    /// <summary>The least element over axes; NaN where there is one.</summary>
    /// <param name="axes">Which axes; none: all.</param>
    /// <returns>The shape without those axes.</returns>
    /// <remarks>Backward: dy shared equally by all elements that are the least.</remarks>
    public Tensor Min(params ReadOnlySpan<int> axes) => Min(keepAxes: false, axes);

    /// <summary>The least element over axes; NaN where there is one.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Which axes; none: all.</param>
    public Tensor Min(bool keepAxes, params ReadOnlySpan<int> axes)
    {
        Node x = Operand.Float(this, "Min");
        var reduced = new Axes(x.Shape, axes);
        return reduced.Shaped(reduced.Apply<MinReducer>(x, ExtremeOperation.Instance), keepAxes);
    }

    /// <summary>The place of the greatest element along an axis; the first of several; the first NaN where there is one.</summary>
    /// <param name="axis">Which axis; its size at least 1.</param>
    /// <returns>Integers, the shape without that axis.</returns>
    /// <exception cref="ShapeException">The axis has no element.</exception>
    public unsafe Tensor ArgMax(int axis = -1)
    {
        Node x = Operand.Float(this, "ArgMax");
        axis = x.Shape.Axis(axis);
        int size = x.Shape.Sizes[axis], stride = x.Strides[axis];
        if (size == 0)
        {
            throw new ShapeException("ArgMax", $"at least one element along axis {axis}", x.Shape.ToString());
        }

        Tensor first = Slice(axis, 0, 1);
        Shape kept = first.Shape;
        Node y = Tape.Current.New(kept, kept.RowMajor(), null, x, type: ElementType.Int32);
        Plan plan = Plan.Make(kept, y.Strides, first.Node.Strides);
        for (int r = 0; r < plan.Rows; r++)
        {
            plan.Offsets(r, out nint o0, out nint o1, out _, out _);
            for (int i = 0; i < plan.Inner; i++)
            {
                float* values = x.Data + o1 + ((nint)i * plan.S1[plan.Axes - 1]);
                int best = 0;
                for (int j = 1; j < size; j++)
                {
                    float value = values[(nint)j * stride], top = values[(nint)best * stride];
                    if (value > top || (float.IsNaN(value) && !float.IsNaN(top)))
                    {
                        best = j;
                    }
                }

                *(int*)(y.Data + o0 + ((nint)i * plan.S0[plan.Axes - 1])) = best;
            }
        }

        Tape.Current.Trace?.Note("ArgMax", y, [x], ("axis", axis));
        return new Tensor(y).Squeeze(axis);
    }

    /// <summary>log of the sum of exp over axes, without overflow; -inf where every element is -inf.</summary>
    /// <param name="keepAxes">Whether the axes stay, with size 1.</param>
    /// <param name="axes">Which axes; none: all.</param>
    /// <remarks>Shifts by the greatest element, which needs no gradient. Backward: dy softmax(x).</remarks>
    public Tensor LogSumExp(bool keepAxes, params ReadOnlySpan<int> axes)
    {
        Tensor top = Detach().Max(keepAxes: true, axes).Clamp(float.MinValue, float.MaxValue).Detach();
        Tensor sum = (this - top).Exp().Sum(keepAxes: true, axes).Log() + top;
        return keepAxes ? sum : sum.Reshape(new Axes(Shape, axes).Left.Sizes);
    }
}

/// <summary>The backward of Max and Min over axes: the gradient goes to the elements equal to the result.</summary>
internal sealed unsafe class ExtremeOperation : Operation
{
    public static readonly ExtremeOperation Instance = new();

    public override string Name => "Max";

    public override void Backward(Node y)
    {
        // Composed of other ops while recording is off: mask, count, share.
        Node x = y.A!;
        var input = new Tensor(x);
        var output = new Tensor(y);
        Tensor mask = input.EqualTo(output);
        Tensor axesCount = Tensor.Zeros(y.Shape);
        Reduce.Into<SumReducer>(mask.Node.Data, x.Shape, mask.Node.Strides, axesCount.Node.Data, Plan.Stretch(axesCount.Node, x.Shape), y.Count);
        Tensor dy = Tensor.Zeros(y.Shape);
        Copy.Run(y.Grad, y.Shape, y.Strides, dy.Node.Data, dy.Node.Strides, accumulate: false);
        Tensor dx = mask * (dy / axesCount);
        bool add = x.BeginGrad();
        Copy.Run(dx.Node, x.Grad, x.Strides, add);
    }

    public override void Tangent(Node y)
    {
        // The mean over the elements equal to the result.
        Node x = y.A!;
        Tensor mask = new Tensor(x).EqualTo(new Tensor(y)), dx = Tensor.Zeros(x.Shape), sum = Tensor.Zeros(y.Shape), count = Tensor.Zeros(y.Shape);
        Copy.Run(x.Grad, x.Shape, x.Strides, dx.Node.Data, dx.Node.Strides, accumulate: false);
        Node taken = (mask * dx).Node;
        Dims to = Plan.Stretch(sum.Node, x.Shape);
        Reduce.Into<SumReducer>(taken.Data, x.Shape, taken.Strides, sum.Node.Data, to, y.Count);
        Reduce.Into<SumReducer>(mask.Node.Data, x.Shape, mask.Node.Strides, count.Node.Data, to, y.Count);
        GC.KeepAlive(mask.Node);        // the tape may have let go of it
        y.BeginGrad();
        Copy.Run((sum / count).Node, y.Grad, y.Strides, accumulate: false);
    }
}
