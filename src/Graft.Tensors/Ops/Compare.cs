using Graft.Tensors.Autograd;
using Graft.Tensors.Kernels;
using Graft.Tensors.Memory;
using Graft.Tensors.Ops;

namespace Graft.Tensors;

public readonly partial struct Tensor
{
    /// <summary>1 where both elements are equal, else 0; broadcasts. No gradient.</summary>
    public Tensor EqualTo(Tensor other) => Compare<EqualKernel>(other);

    /// <summary>1 where this element is greater than the other, else 0; broadcasts. No gradient.</summary>
    public Tensor GreaterThan(Tensor other) => Compare<GreaterKernel>(other);

    /// <summary>Elements of <paramref name="then"/> where the condition is not 0, of <paramref name="otherwise"/> elsewhere; all three broadcast.</summary>
    /// <param name="condition">Numbers; 0 (or -0) means no. Needs no gradient.</param>
    /// <param name="then">Taken where the condition holds.</param>
    /// <param name="otherwise">Taken elsewhere.</param>
    /// <remarks>Backward: each gradient goes only where the element was taken.</remarks>
    public static Tensor Where(Tensor condition, Tensor then, Tensor otherwise) => WhereOperation.Apply(condition, then, otherwise);

    private Tensor Compare<TKernel>(Tensor other)
        where TKernel : struct, IBinaryKernel
    {
        using var silence = new NoGrad();
        return Binary<TKernel>.Apply(this, other);
    }
}

internal readonly struct EqualKernel : IBinaryKernel
{
    public static string Name => "EqualTo";

    public static bool IsLinear => false;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => V.And(V.Equal(a, b), V.One);

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Zero;

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Zero;
}

internal readonly struct GreaterKernel : IBinaryKernel
{
    public static string Name => "GreaterThan";

    public static bool IsLinear => false;

    public static V Forward<V>(V a, V b)
        where V : struct, IVec<V> => V.And(V.Greater(a, b), V.One);

    public static V BackwardA<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Zero;

    public static V BackwardB<V>(V dy, V a, V b)
        where V : struct, IVec<V> => V.Zero;
}

internal sealed unsafe class WhereOperation : Operation
{
    private static readonly WhereOperation Instance = new();

    public override string Name => "Where";

    public static Tensor Apply(Tensor condition, Tensor then, Tensor otherwise)
    {
        Node m = Operand.Float(condition, "Where"), a = Operand.Float(then, "Where"), b = Operand.Float(otherwise, "Where");
        Shape shape = Shape.Broadcast(m.Shape, Shape.Broadcast(a.Shape, b.Shape, "Where"), "Where");
        Node y = Tape.Current.New(shape, shape.RowMajor(), Instance, m, a, b);
        var row = default(SelectRow);
        Rows.Run(
            Plan.Make(shape, y.Strides, Plan.Stretch(m, shape), Plan.Stretch(a, shape), Plan.Stretch(b, shape)),
            ref row, y.Data, m.Data, a.Data, b.Data);
        Tape.Current.Trace?.Note("Where", y, [m, a, b]);
        return new Tensor(y);
    }

    public override void Backward(Node y)
    {
        Tensor mask = new Tensor(y.A!).EqualTo(Tensor.Zero);
        Propagate(y, y.B!, 1 - mask);
        Propagate(y, y.C!, mask);
    }

    public override void Tangent(Node y)
    {
        Node m = y.A!, a = y.B!, b = y.C!;
        using var none = new Scratch(1);
        *none.Data = 0;
        y.BeginGrad();
        var row = default(SelectRow);
        Dims sa = a.RequiresGrad ? Plan.Stretch(a, y.Shape) : default, sb = b.RequiresGrad ? Plan.Stretch(b, y.Shape) : default;
        Rows.Run(
            Plan.Make(y.Shape, y.Strides, Plan.Stretch(m, y.Shape), sa, sb),
            ref row, y.Grad, m.Data, a.RequiresGrad ? a.Grad : none.Data, b.RequiresGrad ? b.Grad : none.Data);
    }

    private static void Propagate(Node y, Node to, Tensor mask)
    {
        if (to.RequiresGrad)
        {
            // Where, not a product: NaN in a gradient that is not taken must not spread.
            Tensor dy = Tensor.Zeros(y.Shape);
            Copy.Run(y.Grad, y.Shape, y.Strides, dy.Node.Data, dy.Node.Strides, accumulate: false);
            Node taken = Apply(mask, dy, Tensor.Zero).Node;
            Reduce.SumTo(taken.Data, taken.Shape, taken.Strides, to);
        }
    }

    private struct SelectRow : IRow
    {
        public static int Operands => 4;

        public readonly bool ReadsOutput => false;

        public readonly V Of<V>(V o, V a, V b, V c)
            where V : struct, IVec<V> => V.Select(V.Equal(a, V.Zero), c, b);
    }
}
